using System;
using System.Collections.Generic;
using System.Text.Json;

namespace Winnow.Formats.Templates;

/// <summary>One message of a conversation, as a chat template sees it.</summary>
public sealed class ChatTemplateMessage
{
    private static readonly Dictionary<string, JsonElement> NoFields = new(StringComparer.Ordinal);

    /// <summary>Creates a message.</summary>
    /// <param name="role">The role, such as <c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</param>
    /// <param name="content">The text; null leaves <c>content</c> out, as for an assistant message of tool calls alone.</param>
    public ChatTemplateMessage(string role, string? content)
    {
        ArgumentNullException.ThrowIfNull(role);
        Role = role;
        Content = content;
    }

    /// <summary>The role, such as <c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</summary>
    public string Role { get; }

    /// <summary>The text, or null.</summary>
    public string? Content { get; }

    /// <summary>The speaker's or the tool's name (<c>name</c>), or null.</summary>
    public string? Name { get; init; }

    /// <summary>The call that a tool message answers (<c>tool_call_id</c>), or null.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>What the assistant thought before answering (<c>reasoning_content</c>), or null.</summary>
    public string? ReasoningContent { get; init; }

    /// <summary>The calls that an assistant message asked for (<c>tool_calls</c>), or null.</summary>
    public IReadOnlyList<ChatTemplateToolCall>? ToolCalls { get; init; }

    /// <summary>
    /// Further fields, verbatim. A field named like one of the properties replaces it: a list of content parts, for
    /// instance, goes in as <c>content</c>.
    /// </summary>
    public IReadOnlyDictionary<string, JsonElement> Fields { get; init; } = NoFields;

    /// <summary>Reads a message from a JSON object as chat APIs send it; everything but role and text content lands in <see cref="Fields"/>.</summary>
    /// <param name="json">An object with at least a string <c>role</c>.</param>
    /// <exception cref="ArgumentException">Not an object, or without a role.</exception>
    public static ChatTemplateMessage FromJson(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object
            || !json.TryGetProperty("role", out JsonElement role) || role.ValueKind != JsonValueKind.String)
        {
            throw new ArgumentException("A message is a JSON object with a string \"role\".", nameof(json));
        }

        string? content = null;
        var fields = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (property.Name == "content" && property.Value.ValueKind == JsonValueKind.String)
            {
                content = property.Value.GetString();
                fields.Remove("content");
            }
            else if (property.Name != "role")
            {
                fields[property.Name] = property.Value.Clone();
            }
        }

        return new ChatTemplateMessage(role.GetString()!, content) { Fields = fields };
    }
}
