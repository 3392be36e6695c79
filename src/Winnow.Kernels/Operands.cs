using System;
using System.Runtime.CompilerServices;

namespace Winnow.Kernels;

/// <summary>Checks of operands; the messages state the rule that was broken.</summary>
internal static class Operands
{
    /// <summary>A tensor of one type and an exact number of elements.</summary>
    public static void Require(Tensor tensor, DType type, long elements, [CallerArgumentExpression(nameof(tensor))] string? name = null)
    {
        if (tensor.IsEmpty || tensor.Type != type || tensor.Shape.ElementCount != elements)
        {
            throw new ArgumentException($"{name} must be {type} with {elements} elements; it is {tensor}.", name);
        }
    }

    /// <summary>A tensor of one type.</summary>
    public static void RequireType(Tensor tensor, DType type, [CallerArgumentExpression(nameof(tensor))] string? name = null)
    {
        if (tensor.IsEmpty || tensor.Type != type)
        {
            throw new ArgumentException($"{name} must be {type}; it is {tensor}.", name);
        }
    }

    /// <summary>An F32 matrix.</summary>
    public static void RequireMatrix(Tensor tensor, [CallerArgumentExpression(nameof(tensor))] string? name = null)
    {
        if (tensor.IsEmpty || tensor.Type != DType.F32 || tensor.Shape.Rank != 2)
        {
            throw new ArgumentException($"{name} must be an F32 matrix; it is {tensor}.", name);
        }
    }

    /// <summary>A rule of the operation.</summary>
    public static void Require(bool holds, string rule, string name)
    {
        if (!holds)
        {
            throw new ArgumentException(rule, name);
        }
    }

    /// <summary>A rule of the operation, with numbers in its text.</summary>
    public static void Require(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref RuleText rule, string name)
    {
        if (!holds)
        {
            throw new ArgumentException(rule.Take(), name);
        }
    }
}
