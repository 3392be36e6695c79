using System;
using System.Text.Json;

namespace Winnow.Formats.Templates;

/// <summary>A call of a function that an assistant message asked for.</summary>
public sealed class ChatTemplateToolCall
{
    /// <summary>Creates a call.</summary>
    /// <param name="name">The function's name.</param>
    /// <param name="arguments">The arguments, normally a JSON object; templates iterate over it or print it as JSON.</param>
    /// <param name="id">The call's id, which some families (Mistral) require.</param>
    public ChatTemplateToolCall(string name, JsonElement arguments, string? id = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (arguments.ValueKind == JsonValueKind.Undefined)
        {
            throw new ArgumentException("The arguments are an uninitialized JsonElement; pass an object such as {}.", nameof(arguments));
        }

        Name = name;
        Arguments = arguments.Clone();
        Id = id;
    }

    /// <summary>Creates a call from the arguments as the model or an OpenAI client wrote them: a JSON text.</summary>
    /// <param name="name">The function's name.</param>
    /// <param name="argumentsJson">The arguments as JSON text.</param>
    /// <param name="id">The call's id, which some families (Mistral) require.</param>
    /// <exception cref="ArgumentException"><paramref name="argumentsJson"/> is not JSON.</exception>
    public ChatTemplateToolCall(string name, string argumentsJson, string? id = null)
        : this(name, Parse(argumentsJson), id)
    {
    }

    /// <summary>The function's name.</summary>
    public string Name { get; }

    /// <summary>The arguments, normally a JSON object.</summary>
    public JsonElement Arguments { get; }

    /// <summary>The call's id, or null.</summary>
    public string? Id { get; }

    private static JsonElement Parse(string argumentsJson)
    {
        ArgumentNullException.ThrowIfNull(argumentsJson);
        try
        {
            using JsonDocument document = JsonDocument.Parse(argumentsJson);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw new ArgumentException($"The arguments are not JSON: {exception.Message}", nameof(argumentsJson), exception);
        }
    }
}
