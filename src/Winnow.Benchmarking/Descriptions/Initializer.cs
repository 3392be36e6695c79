using System;
using System.Collections.Generic;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>The first values of an argument, as its description has them after <c>=</c>.</summary>
internal sealed record Initializer
{
    /// <summary>Nothing is written.</summary>
    public static Initializer None { get; } = new();

    /// <summary>Normal numbers.</summary>
    public static Initializer Normal { get; } = new() { Kind = InitializerKind.Normal };

    /// <summary>All zeros.</summary>
    public static Initializer Zeros { get; } = Constant("0");

    /// <summary>Where values come from.</summary>
    public InitializerKind Kind { get; private init; }

    /// <summary>The bounds of <see cref="InitializerKind.Uniform"/>, or the one value of <see cref="InitializerKind.Constant"/>.</summary>
    public IReadOnlyList<Expression> Values { get; private init; } = [];

    /// <summary>Of <see cref="InitializerKind.File"/>: its path as written.</summary>
    public string Path { get; private init; } = "";

    /// <summary>Of <see cref="InitializerKind.File"/>: the tensor in it; empty for the one named like the argument.</summary>
    public string Tensor { get; private init; } = "";

    /// <summary>Reads what stands after <c>=</c>.</summary>
    /// <exception cref="FormatException">It is no initializer.</exception>
    public static Initializer Parse(string text)
    {
        string trimmed = text.Trim();
        int parenthesis = trimmed.IndexOf('(', StringComparison.Ordinal);
        string word = parenthesis < 0 ? trimmed : trimmed[..parenthesis].TrimEnd();
        IReadOnlyList<string> operands = parenthesis >= 0 && trimmed.EndsWith(')') ? DescriptionText.Split(trimmed[(parenthesis + 1)..^1]) : [];
        return word switch
        {
            "normal" when parenthesis < 0 => Normal,
            "zeros" when parenthesis < 0 => Zeros,
            "ones" when parenthesis < 0 => Constant("1"),
            "range" when parenthesis < 0 => new Initializer { Kind = InitializerKind.Range },
            "uniform" when operands.Count == 2 => new Initializer { Kind = InitializerKind.Uniform, Values = [Expression.Parse(operands[0]), Expression.Parse(operands[1])] },
            "file" when operands.Count is 1 or 2 && operands[0].Length > 0
                => new Initializer { Kind = InitializerKind.File, Path = operands[0], Tensor = operands.Count == 2 ? operands[1] : "" },
            "normal" or "zeros" or "ones" or "range" or "uniform" or "file"
                => throw new FormatException($"'{trimmed}' should be normal, uniform(a, b), zeros, ones, range, a number or expression, or file(path, tensor)."),
            _ => ConstantOrExplained(trimmed),
        };
    }

    private static Initializer ConstantOrExplained(string text)
    {
        try
        {
            return Constant(text);
        }
        catch (FormatException exception) when (text.Contains('.', StringComparison.Ordinal))
        {
            throw new FormatException($"{exception.Message} Values from a file are file(path), or file(path, tensor) of a .safetensors file.", exception);
        }
    }

    private static Initializer Constant(string text) => new() { Kind = InitializerKind.Constant, Values = [Expression.Parse(text)] };
}
