using System.Collections.Generic;
using System.Numerics;

namespace Winnow.Formats.Templates;

/// <summary>A value of the template language, which has Python's types.</summary>
internal abstract class TemplateValue
{
    /// <summary>Python's name of the type, for messages.</summary>
    public abstract string TypeName { get; }
}

/// <summary>What a name or an item that does not exist evaluates to; the hint says what was missing.</summary>
internal sealed class UndefinedValue(string hint) : TemplateValue
{
    public string Hint { get; } = hint;

    public override string TypeName => "Undefined";
}

internal sealed class NoneValue : TemplateValue
{
    public static readonly NoneValue Instance = new();

    public override string TypeName => "NoneType";
}

internal sealed class BoolValue : TemplateValue
{
    public static readonly BoolValue True = new(true);
    public static readonly BoolValue False = new(false);

    private BoolValue(bool value) => Value = value;

    public bool Value { get; }

    public override string TypeName => "bool";

    public static BoolValue Of(bool value) => value ? True : False;
}

internal sealed class IntValue(BigInteger value) : TemplateValue
{
    public BigInteger Value { get; } = value;

    public override string TypeName => "int";
}

internal sealed class FloatValue(double value) : TemplateValue
{
    public double Value { get; } = value;

    public override string TypeName => "float";
}

/// <summary>How a sequence prints and what may be done with it.</summary>
internal enum ListKind
{
    List,
    Tuple,
    Range,
    Keys,
    Values,
    Items,
    Generator,
}

internal sealed class ListValue(List<TemplateValue> items, ListKind kind = ListKind.List) : TemplateValue
{
    public List<TemplateValue> Items { get; } = items;

    public ListKind Kind { get; } = kind;

    /// <summary>Of a range: its start, end and step as they were asked for, which its items do not tell; null where they have to.</summary>
    public (BigInteger Start, BigInteger Stop, BigInteger Step)? Bounds { get; init; }

    public override string TypeName => Kind switch
    {
        ListKind.List => "list",
        ListKind.Tuple => "tuple",
        ListKind.Range => "range",
        ListKind.Keys => "dict_keys",
        ListKind.Values => "dict_values",
        ListKind.Items => "dict_items",
        _ => "generator",
    };
}

/// <summary>A dict in insertion order; keys compare as Python compares them.</summary>
internal sealed class DictValue(TemplateRun run) : TemplateValue
{
    public OrderedDictionary<TemplateValue, TemplateValue> Items { get; } = new(run.Comparer);

    public override string TypeName => "dict";
}

/// <summary>The object that <c>namespace()</c> makes: attributes that survive the scope in which they are set.</summary>
internal sealed class NamespaceValue : TemplateValue
{
    public Dictionary<string, TemplateValue> Attributes { get; } = new(System.StringComparer.Ordinal);

    public override string TypeName => "Namespace";
}

/// <summary>A method taken from a value, to be called.</summary>
internal sealed class MethodValue(TemplateValue target, string name) : TemplateValue
{
    public TemplateValue Target { get; } = target;

    public string Name { get; } = name;

    public override string TypeName => "builtin_function_or_method";
}

/// <summary>A global function such as <c>range</c>.</summary>
internal sealed class FunctionValue(string name) : TemplateValue
{
    public string Name { get; } = name;

    public override string TypeName => "function";
}

/// <summary>A macro and the scope in which it was defined.</summary>
internal sealed class MacroValue(MacroStatement macro, TemplateScope scope) : TemplateValue
{
    public MacroStatement Macro { get; } = macro;

    public TemplateScope Scope { get; } = scope;

    public override string TypeName => "Macro";
}

/// <summary>The <c>loop</c> variable: where a loop over known items stands.</summary>
internal sealed class LoopValue(IReadOnlyList<TemplateValue> items) : TemplateValue
{
    public IReadOnlyList<TemplateValue> Items { get; } = items;

    public int Index { get; set; }

    /// <summary>What <c>loop.changed</c> saw last.</summary>
    public TemplateValue? LastChanged { get; set; }

    public override string TypeName => "LoopContext";
}
