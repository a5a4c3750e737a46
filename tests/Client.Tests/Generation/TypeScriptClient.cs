using System.Text;

namespace ReferralGrains.Client.Tests.Generation;

/// <summary>Writes the TypeScript client's operations and types. Properties keep the names of the wire.</summary>
internal static class TypeScriptClient
{
    public static string Write(ApiDescription api)
    {
        var text = new StringBuilder("""
            // From docs/openapi.json, by Client.Tests. To write it anew: GRAINS_WRITE=1 ./grains test --filter ClientsAreCurrent
            import { Connection } from "./connection.js";

            export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

            /** ReferralGrains' HTTP API. What fails on the way is tried again under the same ids, so that it is done once. */
            export class ReferralGrains extends Connection {

            """);
        text.AppendJoin('\n', api.Operations.Select(Method));
        text.Append("}\n");
        foreach (var type in api.Types) text.Append('\n').Append(Interface(type));
        return text.ToString();
    }

    private static string Method(Operation operation)
    {
        var text = new StringBuilder($"  /**\n   * {operation.Summary}\n   *\n   * `{operation.Method.ToUpperInvariant()} {operation.Path}`. {Line(operation.Description)}\n   */\n");
        var taken = new List<string>(operation.InPath.Select(parameter => $"{ApiDescription.Camel(parameter.Name)}: string"));
        if (operation.Body is { } body) taken.Add(operation.IsLines ? $"lines: AsyncIterable<{Type(body)}> | Iterable<{Type(body)}>" : $"body: {Type(body)}");
        var asked = operation.InQuery.ToList();
        if (asked.Count > 0) taken.Add($"query: {{ {string.Join("; ", asked.Select(parameter => $"{parameter.Name}?: {Type(parameter.Shape)}"))} }} = {{}}");
        var path = operation.InPath.Aggregate(operation.Path, (path, parameter) => path.Replace($"{{{parameter.Name}}}", $"${{encodeURIComponent({ApiDescription.Camel(parameter.Name)})}}", StringComparison.Ordinal));
        var target = $"`{path}`, {(asked.Count > 0 ? "query" : "{}")}";
        var (answer, call) = operation switch
        {
            { IsLines: true } => ($"AsyncGenerator<{Type(operation.Answer!)}>", $"this.lines<{Type(operation.Body!)}, {Type(operation.Answer!)}>({target}, lines)"),
            { IsPage: true } => ($"AsyncGenerator<{operation.Entry}>", $"this.pages<{operation.Entry}>({target}{(operation.Cursor == "id" ? "" : $", \"{operation.Cursor}\"")})"),
            _ => ($"Promise<{Type(operation.Answer ?? new Shape.Any())}>",
                $"this.send(\"{operation.Method.ToUpperInvariant()}\", {target}, {(operation.Body is null ? "undefined" : "body")})"),
        };
        return text.Append($"  {ApiDescription.Camel(operation.Name)}({string.Join(", ", taken)}): {answer} {{\n    return {call};\n  }}\n").ToString();
    }

    private static string Interface(TypeOfApi type)
    {
        var text = new StringBuilder();
        if (type.Description is { } description) text.Append($"/** {Line(description)} */\n");
        text.Append($"export interface {type.Name} {{\n");
        foreach (var property in type.Properties)
        {
            if (property.Description is { } said) text.Append($"  /** {Line(said)} */\n");
            text.Append($"  {property.Name}{(property.IsRequired ? "" : "?")}: {Type(property.Shape)}{(property.IsNullable ? " | null" : "")};\n");
        }

        return text.Append("}\n").ToString();
    }

    private static string Type(Shape shape) => shape switch
    {
        Shape.Of of => of.Name,
        Shape.Words words => string.Join(" | ", words.All.Select(word => $"\"{word}\"")),
        Shape.Text or Shape.Time => "string",
        Shape.Whole or Shape.Fraction => "number",
        Shape.Flag => "boolean",
        Shape.List { Item: Shape.Words } list => $"({Type(list.Item)})[]",
        Shape.List list => $"{Type(list.Item)}[]",
        Shape.Map map => $"Record<string, {Type(map.Value)}>",
        _ => "Json",
    };

    private static string Line(string text) => text.Replace("*/", "* /", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
