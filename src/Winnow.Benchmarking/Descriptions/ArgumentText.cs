using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>One argument as its line describes it: <c>"in x: f32[rows, hidden] = normal"</c>, <c>"n: i32 = rows * hidden"</c>.</summary>
/// <param name="Direction">What the kernel does with it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Dimensions">Of memory: its dimensions, slowest first.</param>
/// <param name="Initial">Its first values, or a scalar's value.</param>
internal sealed partial record ArgumentText(
    ArgumentDirection Direction, string Name, ElementType Type, IReadOnlyList<Expression> Dimensions, Initializer Initial)
{
    private const string Form = "write \"in x: f32[n] = normal\", \"out y: f32[n]\", \"inout x: f16[rows, hidden]\" or, for a number, \"n: i32 = 256\"";

    /// <summary>Reads a line.</summary>
    /// <exception cref="FormatException">It is none; the message says what to write.</exception>
    public static ArgumentText Parse(string text)
    {
        Match match = Line().Match(text);
        if (!match.Success)
        {
            throw new FormatException($"'{text}' is no argument; {Form}.");
        }

        string name = match.Groups["name"].Value;
        if (!ElementTypes.TryParse(match.Groups["type"].Value, out ElementType type))
        {
            throw new FormatException($"'{match.Groups["type"].Value}' is no element type; there are {ElementTypes.AllNames}.");
        }

        ArgumentDirection direction = match.Groups["direction"].Value switch
        {
            "in" => ArgumentDirection.In,
            "out" => ArgumentDirection.Out,
            "inout" => ArgumentDirection.InOut,
            _ => ArgumentDirection.Scalar,
        };
        bool hasShape = match.Groups["shape"].Success;
        if (hasShape != (direction != ArgumentDirection.Scalar))
        {
            throw new FormatException(hasShape
                ? $"'{name}' has a shape, so it is memory: say in, out or inout before its name."
                : $"'{name}' has a direction, so it is memory: say its shape, for instance {type.NameOf()}[n].");
        }

        IReadOnlyList<string> dimensions = DescriptionText.Split(match.Groups["shape"].Value);
        if (hasShape && dimensions.Count == 0)
        {
            throw new FormatException($"'{name}' has no dimensions; one element is {type.NameOf()}[1].");
        }

        Initializer initial = match.Groups["initial"].Success ? Initializer.Parse(match.Groups["initial"].Value) : Default(direction, type);
        Check(direction, name, initial);
        return new ArgumentText(direction, name, type, [.. dimensions.Select(Expression.Parse)], initial);
    }

    private static void Check(ArgumentDirection direction, string name, Initializer initial)
    {
        switch (direction)
        {
            case ArgumentDirection.Scalar when initial.Kind != InitializerKind.Constant:
                throw new FormatException($"'{name}' is a number, passed by value: give it one, for instance = 2. For memory say in, out or inout and a shape.");
            case ArgumentDirection.Out when initial.Kind != InitializerKind.None:
                throw new FormatException($"'{name}' is only written, so first values do not count; where the kernel reads it, it is inout.");
        }
    }

    private static Initializer Default(ArgumentDirection direction, ElementType type) => direction switch
    {
        ArgumentDirection.Scalar or ArgumentDirection.Out => Initializer.None,
        _ => type.IsFloat() ? Initializer.Normal : Initializer.Zeros,
    };

    [GeneratedRegex(@"^\s*(?:(?<direction>in|out|inout)\s+)?(?<name>[A-Za-z_]\w*)\s*:\s*(?<type>\w+)\s*(?:\[(?<shape>[^\]]*)\]\s*)?(?:=(?<initial>.+))?$")]
    private static partial Regex Line();
}
