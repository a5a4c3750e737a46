using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Description;

/// <summary>The description at /openapi/v1.json, generated from the routes and from the types that they parse and write.</summary>
internal static class OpenApi
{
    private const string Key = "key";
    private const string ProblemSchema = "Problem";

    public static IServiceCollection AddDescription(this IServiceCollection services)
    {
        // The schemas are made with these options, so they describe what the generated context reads and writes.
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = GatewayJson.Default.Options.PropertyNamingPolicy;
            json.SerializerOptions.NumberHandling = GatewayJson.Default.Options.NumberHandling;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, GatewayJson.Default);
        });
        return services.AddOpenApi("v1", options =>
        {
            options.AddDocumentTransformer((document, _, _) => Task.FromResult(Describe(document)));
            options.AddOperationTransformer(Describe);
            options.AddSchemaTransformer((schema, context, _) => Task.FromResult(Describe(schema, context.JsonTypeInfo)));
        });
    }

    public static void MapDescription(this IEndpointRouteBuilder routes) => routes.MapOpenApi("/openapi/{documentName}.json").NeedsNoKey();

    private static OpenApiDocument Describe(OpenApiDocument document)
    {
        document.Info = new()
        {
            Title = "ReferralGrains",
            Version = "v1",
            Description = "Amounts are whole minor units, times are RFC 3339, errors are RFC 9457 with a stable code. x-role is the role that a key needs.",
        };
        document.Servers = [];
        document.Components ??= new();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Key] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" },
        };
        return document;
    }

    private static async Task Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken stop)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        operation.RequestBody?.Content?.Remove(RouteDescription.AnyType);
        foreach (var parameter in metadata.OfType<TakesQuery>().SelectMany(query => query.Parameters))
            (operation.Parameters ??= []).Add(Described(parameter));

        var role = Roles.RoleOf(metadata)!;
        operation.Extensions ??= new Dictionary<string, IOpenApiExtension>();
        operation.Extensions["x-role"] = new JsonNodeExtension(JsonValue.Create(role)!);
        if (role != "none") operation.Security = [new() { [new OpenApiSecuritySchemeReference(Key, context.Document)] = [] }];
        if (context.Document!.Components?.Schemas?.ContainsKey(ProblemSchema) != true)
            context.Document.AddComponent(ProblemSchema, await context.GetOrCreateSchemaAsync(typeof(ProblemBody), null, stop));
        (operation.Responses ??= [])["default"] = new OpenApiResponse
        {
            Description = "A problem",
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/problem+json"] = new() { Schema = new OpenApiSchemaReference(ProblemSchema, context.Document) },
            },
        };
    }

    private static OpenApiParameter Described(QueryParameter parameter) => new()
    {
        Name = parameter.Name,
        In = ParameterLocation.Query,
        Description = parameter.Description,
        Schema = new OpenApiSchema
        {
            Type = parameter.Type switch
            {
                "boolean" => JsonSchemaType.Boolean,
                "integer" => JsonSchemaType.Integer,
                _ => JsonSchemaType.String,
            },
        },
    };

    // What a converter reads, and what is left out of an answer when it is null, a generated schema cannot know.
    private static OpenApiSchema Describe(OpenApiSchema schema, JsonTypeInfo type)
    {
        var plain = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        var text = plain == type.Type ? JsonSchemaType.String : JsonSchemaType.String | JsonSchemaType.Null;
        if (plain == typeof(CallerId)) (schema.Type, schema.Pattern) = (text, "^[A-Za-z0-9._:@-]{1,200}$");
        if (plain == typeof(DateTimeOffset)) (schema.Type, schema.Format) = (text, "date-time");
        foreach (var property in type.Properties)
            if (property.AttributeProvider?.IsDefined(typeof(JsonIgnoreAttribute), inherit: false) == true) schema.Required?.Remove(property.Name);
        return schema;
    }
}
