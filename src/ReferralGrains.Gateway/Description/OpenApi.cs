using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.OpenApi;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using Scalar.AspNetCore;

namespace ReferralGrains.Gateway.Description;

/// <summary>The description at /openapi/v1.json, generated from the routes and from the types that they parse and write.</summary>
internal static partial class OpenApi
{
    private const string Key = "key";
    private const string ProblemName = "Problem";

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
            options.AddSchemaTransformer((schema, context, _) => Task.FromResult(Describe(schema, context)));
        });
    }

    /// <summary>The description, and a page at /docs to read it and to try the calls: all of it from here, nothing from elsewhere.</summary>
    public static void MapDescription(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi("/openapi/{documentName}.json").NeedsNoKey();
        routes.MapScalarApiReference("/docs", page => page.WithTitle("ReferralGrains").WithOpenApiRoutePattern("/openapi/{documentName}.json").DisableDefaultFonts().DisableAgent().DisableTelemetry())
            .NeedsNoKey().WithMetadata(new TakesAnyQuery(), new ExcludeFromDescriptionAttribute());
    }

    private static OpenApiDocument Describe(OpenApiDocument document)
    {
        document.Info = new()
        {
            Title = "ReferralGrains",
            Version = "v1",
            Description = "Amounts are whole minor units, times are RFC 3339 and from 1900 on, errors are RFC 9457 with a stable code. x-role is the role that a key needs; admin includes ingest and read.",
        };
        document.Servers = [new() { Url = "/", Description = "The server that this was read from" }];
        document.Components ??= new();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Key] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A key, which names its tenant and its role." },
        };
        document.Tags = document.Tags?.Select(tag => new OpenApiTag { Name = tag.Name, Description = OperationNames.TagOf(tag.Name!) }).ToHashSet();
        return document;
    }

    private static async Task Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken stop)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var (method, path) = (context.Description.HttpMethod!, "/" + context.Description.RelativePath);
        operation.OperationId = OperationNames.Of(method, path);
        operation.RequestBody?.Content?.Remove(RouteDescription.AnyType);
        foreach (var parameter in RoutePatternFactory.Parse(path).Parameters) (operation.Parameters ??= []).Add(InPath(parameter.Name));
        foreach (var parameter in metadata.OfType<TakesQuery>().SelectMany(query => query.Parameters))
            (operation.Parameters ??= []).Add(parameter.Describe());
        if (method == "POST" && operation.RequestBody?.Content?.ContainsKey(RouteDescription.Lines) != true) (operation.Parameters ??= []).Add(NamesRequest());

        var isList = metadata.OfType<AnswersCsv>().Any();
        if (isList && operation.Responses?["200"].Content is { } pages) pages[CsvAnswer.Type] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

        var role = Roles.RoleOf(metadata)!;
        operation.Extensions ??= new Dictionary<string, IOpenApiExtension>();
        operation.Extensions["x-role"] = new JsonNodeExtension(JsonValue.Create(role)!);
        operation.Description = role == "none" ? "Needs no key." : role == Roles.Any ? "Needs a key, of any role." : $"Needs a key with the role {role}{string.Concat(metadata.OfType<Roles.AlsoFor>().Select(static also => " or " + Roles.Words.Of(also.Role)))}.";
        operation.Security = role == "none" ? [] : [new() { [new OpenApiSecuritySchemeReference(Key, context.Document)] = [] }];
        await AddProblems(operation, context, method, path, role, isList, stop);
        if (operation.RequestBody?.Content is not { } contents) return;
        var body = context.Description.ParameterDescriptions.First(one => one.Source.Id == "Body").Type;
        foreach (var content in contents.Values) content.Example = ExampleAttribute.Of(body);
    }

    private static OpenApiParameter InPath(string name) =>
        new() { Name = name, In = ParameterLocation.Path, Required = true, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

    private static OpenApiParameter NamesRequest() => new()
    {
        Name = RequestKey.Header,
        In = ParameterLocation.Header,
        Description = "Names the request: sent again within 24 hours, it is not done again, and answered as it was, with Idempotent-Replayed: true.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = RequestKey.MaxLength },
    };

    private static async Task AddProblems(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, string method, string path, string role, bool isList, CancellationToken stop)
    {
        var document = context.Document!;
        if (document.Components?.Schemas?.ContainsKey(ProblemName) != true)
        {
            document.AddComponent(ProblemName, await context.GetOrCreateSchemaAsync(typeof(ProblemBody), null, stop));
            document.AddComponent<IOpenApiResponse>(ProblemName, new OpenApiResponse
            {
                Description = "Why it was not done",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/problem+json"] = new() { Schema = new OpenApiSchemaReference(ProblemName, document) },
                },
            });
        }

        operation.Responses ??= [];
        foreach (var status in Statuses(method, path, role, operation.RequestBody is not null, isList)) operation.Responses[status] = new OpenApiResponseReference(ProblemName, document);
    }

    // 400 everywhere: a query parameter that nobody knows is refused.
    private static IEnumerable<string> Statuses(string method, string path, string role, bool hasBody, bool isList)
    {
        yield return "400";
        if (role != "none") yield return "401";
        if (role != "none") yield return "403";
        if (hasBody || path.Contains('{', StringComparison.Ordinal)) yield return "404";
        if (method != "GET") yield return "409";
        if (hasBody) yield return "413";
        if (method != "GET" || isList) yield return "422";
        if (method != "GET") yield return "429";
        yield return "default";
    }

    // What a converter reads, what is left out of an answer when it is null and what a field may hold, a generated schema cannot know.
    private static OpenApiSchema Describe(OpenApiSchema schema, OpenApiSchemaTransformerContext context)
    {
        var type = context.JsonTypeInfo;
        var plain = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        var text = plain == type.Type ? JsonSchemaType.String : JsonSchemaType.String | JsonSchemaType.Null;
        if (plain == typeof(CallerId)) (schema.Type, schema.Pattern) = (text, FormAttribute.Id);
        if (plain == typeof(DateTimeOffset)) (schema.Type, schema.Format) = (text, "date-time");
        BoundAttribute.Describe(schema, context.JsonPropertyInfo?.AttributeProvider);
        if (plain.GetCustomAttribute<WordOrAttribute>() is { } choice) choice.Describe(schema);
        foreach (var property in type.Properties)
            if (property.AttributeProvider?.IsDefined(typeof(JsonIgnoreAttribute), inherit: false) == true) schema.Required?.Remove(property.Name);
        if (schema.Description is { } description) schema.Description = Numbers().Replace(description, "");
        foreach (var described in schema.Properties?.Values ?? [])
            if (described.Description is { } words) described.Description = Numbers().Replace(words, "");
        return schema;
    }

    // Numbers of behaviour.md, which our comments cite and nobody outside has.
    [GeneratedRegex(@" \([VSRHGDX]\d+(?:[,–] ?[VSRHGDX]\d+)*\)")]
    private static partial Regex Numbers();
}
