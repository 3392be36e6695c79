using System;
using System.Collections.Generic;
using System.Text.Json;

namespace Winnow.Formats.Templates;

/// <summary>What a chat template is rendered with.</summary>
public sealed class ChatTemplateInput
{
    /// <summary>The conversation, oldest message first.</summary>
    public required IReadOnlyList<ChatTemplateMessage> Messages { get; init; }

    /// <summary>The tools on offer, each a JSON object as chat APIs send it (<c>{"type": "function", "function": {...}}</c>), or null.</summary>
    public IReadOnlyList<JsonElement>? Tools { get; init; }

    /// <summary>Documents for retrieval-augmented templates, each a JSON object, or null.</summary>
    public IReadOnlyList<JsonElement>? Documents { get; init; }

    /// <summary>Whether the text ends with the start of an assistant message, which is what generation wants.</summary>
    public bool AddGenerationPrompt { get; init; }

    /// <summary>The text of the begin-of-sequence token; null takes <see cref="ChatTemplate.BosToken"/>.</summary>
    public string? BosToken { get; init; }

    /// <summary>The text of the end-of-sequence token; null takes <see cref="ChatTemplate.EosToken"/>.</summary>
    public string? EosToken { get; init; }

    /// <summary>
    /// Further variables that a family's template knows, such as <c>enable_thinking</c>. A value is null, a bool, an
    /// int, a long, a double, a string or a <see cref="JsonElement"/>; anything else is an <see cref="ArgumentException"/>.
    /// </summary>
    public IReadOnlyDictionary<string, object?>? Variables { get; init; }

    /// <summary>The time that <c>strftime_now</c> prints, or null for the clock.</summary>
    public DateTimeOffset? Now { get; init; }
}
