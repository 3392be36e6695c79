using System.Collections.Generic;
using System.Numerics;

namespace Winnow.Formats.Templates;

/// <summary>The evaluated arguments of a call, read by position or name.</summary>
internal sealed class TemplateArguments(TemplateRun run, string callee, List<TemplateValue> positional, List<(string Name, TemplateValue Value)> named)
{
    private readonly List<(string Name, TemplateValue Value)> _unread = new(named);
    private int _readPositional;

    public List<TemplateValue> Positional { get; } = positional;

    public IReadOnlyList<(string Name, TemplateValue Value)> Named { get; } = named;

    public string Callee => callee;

    /// <summary>The argument at a position or, failing that, under a name; null where it was not given.</summary>
    public TemplateValue? Find(int position, string name)
    {
        _readPositional = System.Math.Max(_readPositional, position + 1);
        if (position < Positional.Count)
        {
            return Positional[position];
        }

        for (int i = 0; i < _unread.Count; i++)
        {
            if (_unread[i].Name == name)
            {
                TemplateValue value = _unread[i].Value;
                _unread.RemoveAt(i);
                return value;
            }
        }

        return null;
    }

    public TemplateValue Require(int position, string name) =>
        Find(position, name) ?? throw run.Fail($"{callee}() misses the argument '{name}'");

    public TextValue RequireText(int position, string name) => AsText(Require(position, name), name);

    /// <summary>A text, or null where it was not given or is none.</summary>
    public TextValue? FindText(int position, string name)
    {
        TemplateValue? value = Find(position, name);
        return value is null or NoneValue ? null : AsText(value, name);
    }

    public bool FindBool(int position, string name, bool fallback)
    {
        TemplateValue? value = Find(position, name);
        return value is null ? fallback : TemplateOperators.IsTrue(value);
    }

    /// <summary>An int that fits 32 bits, saturated, so that lengths and counts can be clamped afterwards.</summary>
    public int FindInt(int position, string name, int fallback)
    {
        TemplateValue? value = Find(position, name);
        return value is null or NoneValue ? fallback : value is IntValue or BoolValue
            ? (int)BigInteger.Clamp(TemplateOperators.ToInteger(value), int.MinValue, int.MaxValue)
            : throw run.Fail($"{callee}() wants an int as '{name}', not {value.TypeName}");
    }

    /// <summary>Hands out the arguments from a position on.</summary>
    public List<TemplateValue> TakePositional(int first)
    {
        _readPositional = System.Math.Max(_readPositional, Positional.Count);
        return first < Positional.Count ? Positional.GetRange(first, Positional.Count - first) : [];
    }

    /// <summary>Hands out every named argument that has not been read.</summary>
    public List<(string Name, TemplateValue Value)> TakeNamed()
    {
        List<(string Name, TemplateValue Value)> taken = [.. _unread];
        _unread.Clear();
        return taken;
    }

    /// <summary>Refuses whatever has not been read.</summary>
    public void Done()
    {
        if (Positional.Count > _readPositional)
        {
            throw run.Fail($"{callee}() takes {_readPositional} arguments but {Positional.Count} were given");
        }

        if (_unread.Count > 0)
        {
            throw run.Fail($"{callee}() got an unexpected argument '{_unread[0].Name}'");
        }
    }

    private TextValue AsText(TemplateValue value, string name)
    {
        TemplateOperators.FailIfUndefined(run, value);
        return value as TextValue ?? throw run.Fail($"{callee}() wants a str as '{name}', not {value.TypeName}");
    }
}
