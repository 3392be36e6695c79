using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.Json;
using Winnow.Formats.Templates;

namespace Winnow.Formats.Tests.Templates;

/// <summary>Reads the cases under Data, whose expected texts Python's Jinja2 made.</summary>
internal static class TemplateData
{
    /// <summary>The moment at which strftime_now stood when the expected texts were made.</summary>
    public static readonly DateTimeOffset Now = new(2025, 3, 7, 9, 5, 2, TimeSpan.Zero);

    public static string Read(string name)
    {
        using Stream? stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Templates." + name);
        using var reader = new StreamReader(stream ?? throw new FileNotFoundException($"The test data holds no {name}."));
        return reader.ReadToEnd();
    }

    public static JsonElement ReadJson(string name)
    {
        using JsonDocument document = JsonDocument.Parse(Read(name));
        return document.RootElement.Clone();
    }

    public static IReadOnlyList<string> Families() =>
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith("Templates.", StringComparison.Ordinal) && name.EndsWith(".jinja", StringComparison.Ordinal))
            .Select(name => name["Templates.".Length..^".jinja".Length]).Order(StringComparer.Ordinal),
    ];

    /// <summary>The input of a case; tokens and defaults come from its file.</summary>
    public static ChatTemplateInput ToInput(JsonElement file, JsonElement entry) => new()
    {
        Messages = List(entry, "messages")?.Select(ChatTemplateMessage.FromJson).ToArray() ?? [],
        Tools = List(entry, "tools"),
        Documents = List(entry, "documents"),
        AddGenerationPrompt = entry.TryGetProperty("add_generation_prompt", out JsonElement prompt) && prompt.GetBoolean(),
        BosToken = Text(file, "bos_token"),
        EosToken = Text(file, "eos_token"),
        Variables = Variables(file, entry),
        Now = Now,
    };

    public static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement text) ? text.GetString() : null;

    private static JsonElement[]? List(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : null;

    private static Dictionary<string, object?> Variables(params JsonElement[] elements)
    {
        var variables = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (JsonElement element in elements)
        {
            if (element.TryGetProperty("variables", out JsonElement values))
            {
                foreach (JsonProperty value in values.EnumerateObject())
                {
                    variables[value.Name] = value.Value;
                }
            }
        }

        return variables;
    }
}
