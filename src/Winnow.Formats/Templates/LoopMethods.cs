using System.Collections.Generic;

namespace Winnow.Formats.Templates;

/// <summary>What <c>loop</c> offers inside a for block.</summary>
internal static class LoopMethods
{
    public static TemplateValue? Attribute(LoopValue loop, string name)
    {
        int count = loop.Items.Count;
        return name switch
        {
            "index" => new IntValue(loop.Index + 1),
            "index0" => new IntValue(loop.Index),
            "revindex" => new IntValue(count - loop.Index),
            "revindex0" => new IntValue(count - loop.Index - 1),
            "first" => BoolValue.Of(loop.Index == 0),
            "last" => BoolValue.Of(loop.Index == count - 1),
            "length" => new IntValue(count),

            // Only a recursive loop goes deeper, and those are not supported.
            "depth" => new IntValue(1),
            "depth0" => new IntValue(0),
            "previtem" => loop.Index > 0 ? loop.Items[loop.Index - 1] : new UndefinedValue("there is no previous item"),
            "nextitem" => loop.Index < count - 1 ? loop.Items[loop.Index + 1] : new UndefinedValue("there is no next item"),
            "cycle" or "changed" => new MethodValue(loop, name),
            _ => null,
        };
    }

    public static TemplateValue Call(TemplateRun run, LoopValue loop, string name, TemplateArguments arguments)
    {
        List<TemplateValue> values = arguments.Positional;
        if (name == "cycle")
        {
            return values.Count == 0 ? throw run.Fail("no items for cycling given") : values[loop.Index % values.Count];
        }

        var seen = new ListValue(values, ListKind.Tuple);
        bool changed = loop.LastChanged is null || !run.Comparer.Equals(loop.LastChanged, seen);
        loop.LastChanged = seen;
        return BoolValue.Of(changed);
    }
}
