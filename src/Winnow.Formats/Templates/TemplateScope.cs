using System;
using System.Collections.Generic;

namespace Winnow.Formats.Templates;

/// <summary>One level of names. Reading looks outwards; writing stays here, so nothing set inside a loop leaks out of it.</summary>
internal sealed class TemplateScope(TemplateScope? parent)
{
    private Dictionary<string, TemplateValue>? _names;

    public TemplateValue? Find(string name)
    {
        for (TemplateScope? scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._names is not null && scope._names.TryGetValue(name, out TemplateValue? value))
            {
                return value;
            }
        }

        return null;
    }

    public TemplateScope? Parent { get; } = parent;

    public void Set(string name, TemplateValue value)
    {
        _names ??= new Dictionary<string, TemplateValue>(StringComparer.Ordinal);
        _names[name] = value;
    }
}
