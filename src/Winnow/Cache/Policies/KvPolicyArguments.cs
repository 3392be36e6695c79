using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Winnow.Cache.Policies;

/// <summary>Options of a policy given as text, read by name; what is not there is null, which means the policy's default.</summary>
/// <param name="info">The policy.</param>
/// <param name="values">The options given.</param>
internal sealed class KvPolicyArguments(KvPolicyInfo info, IReadOnlyDictionary<string, string> values)
{
    public string? Text(string name) => values.TryGetValue(name, out string? text) ? text : null;

    public int? Int(string name) => Text(name) is not string text ? null
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value
        : throw Wrong(name, text, "a whole number");

    public float? Float(string name) => Text(name) is not string text ? null
        : float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value) ? value
        : throw Wrong(name, text, "a number");

    public bool? Bool(string name) => Text(name) is not string text ? null
        : bool.TryParse(text, out bool value) ? value
        : throw Wrong(name, text, "true or false");

    public IReadOnlyList<int>? Ints(string name) => Text(name) is not string text ? null
        : [.. text.Split('/', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part =>
            int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : throw Wrong(name, text, "whole numbers with / between them"))];

    private ArgumentException Wrong(string name, string text, string kind) =>
        new($"The option {name} of the policy {info.Name} is {kind}, not '{text}'.");
}
