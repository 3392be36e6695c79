using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>From a description to numbers; every error names its field.</summary>
internal sealed class LaunchPlanner(KernelDescription description)
{
    private const int MaxThreads = 1024;

    /// <summary>Works out the launch.</summary>
    public LaunchPlan Plan()
    {
        int[] grid = Extent("grid", description.Grid);
        int[] block = Extent("block", description.Block);
        if ((long)block[0] * block[1] * block[2] > MaxThreads)
        {
            throw description.Problem("block", $"{block[0]} x {block[1]} x {block[2]} threads are more than the {MaxThreads} that a block can have.");
        }

        long shared = At("shared", () => Expression.Parse(description.Shared).EvaluateInteger(description.Axes));
        if (shared is < 0 or > int.MaxValue)
        {
            throw description.Problem("shared", $"{shared} is no number of bytes.");
        }

        var arguments = new List<PlannedArgument>();
        for (int i = 0; i < description.Arguments.Count; i++)
        {
            int index = i;
            arguments.Add(At($"arguments[{index}]", () => Argument(description.Arguments[index])));
        }

        if (arguments.GroupBy(argument => argument.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw description.Problem("arguments", $"'{twice.Key}' stands there twice.");
        }

        double? flops = description.Flops is null ? null : At("flops", () => Expression.Parse(description.Flops).EvaluateReal(description.Axes));
        if (flops is { } count && !(count >= 0 && double.IsFinite(count)))
        {
            throw description.Problem("flops", $"'{description.Flops}' is {count.ToString(CultureInfo.InvariantCulture)}, which is no number of operations.");
        }

        return new LaunchPlan(new LaunchShape(grid[0], grid[1], grid[2], block[0], block[1], block[2], (int)shared), arguments, flops);
    }

    private int[] Extent(string field, IReadOnlyList<string> texts)
    {
        if (texts.Count is 0 or > 3)
        {
            throw description.Problem(field, $"{texts.Count} dimensions; there are one to three, fastest first.");
        }

        int[] extent = [1, 1, 1];
        for (int i = 0; i < texts.Count; i++)
        {
            string text = texts[i];
            long value = At(field, () => Expression.Parse(text).EvaluateInteger(description.Axes));
            long most = field == "grid" && i > 0 ? ushort.MaxValue : int.MaxValue;
            extent[i] = value >= 1 && value <= most
                ? (int)value
                : throw description.Problem(field, $"'{text}' is {value}; it must be from 1 to {most}.");
        }

        return extent;
    }

    private PlannedArgument Argument(string line)
    {
        ArgumentText text = ArgumentText.Parse(line);
        List<long> shape = [];
        foreach (Expression dimension in text.Dimensions)
        {
            long length = dimension.EvaluateInteger(description.Axes);
            shape.Add(length >= 1 ? length : throw new FormatException($"'{text.Name}' has a dimension of {length}; each must be at least 1."));
        }

        List<double> bounds = [.. text.Initial.Values.Select(value => Number(text.Type, value))];
        double value = text.Direction == ArgumentDirection.Scalar ? InRange(text, bounds[0]) : 0;
        foreach (double bound in bounds)
        {
            InRange(text, bound);
        }

        if (text.Initial.Kind == InitializerKind.Uniform && bounds[0] > bounds[1])
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"uniform({bounds[0]}, {bounds[1]}) ends before it begins; the smaller bound comes first."));
        }

        return new PlannedArgument(text, shape, value, bounds);
    }

    private double Number(ElementType type, Expression expression) =>
        type.IsFloat() ? expression.EvaluateReal(description.Axes) : expression.EvaluateInteger(description.Axes);

    private static double InRange(ArgumentText text, double value)
    {
        (double least, double most) = text.Type.Range();
        return value >= least && value <= most
            ? value
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"{value} is out of the range of {text.Type.NameOf()}, {least} to {most}."));
    }

    private T At<T>(string field, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            string problem = exception is OverflowException ? "its size does not fit 64 bits." : exception.Message;
            throw description.Problem(field, problem);
        }
    }
}
