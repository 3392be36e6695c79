using System;

namespace Winnow.Benchmarking.Cases;

/// <summary>One operation of one family on operands of one shape, as a model asks for it: what is timed of Winnow's own kernels.</summary>
public sealed record KernelCase
{
    internal KernelCase(string family, string name, string shape, Func<CaseWorkspace, CaseWork> prepare)
    {
        (Family, Name, Shape, Prepare) = (family, name, shape, prepare);
    }

    /// <summary>The family: attention, cache, linear, norm, reduction or sampling.</summary>
    public string Family { get; }

    /// <summary>The operation, with what makes it what it is: <c>matvec Q4_K</c>.</summary>
    public string Name { get; }

    /// <summary>The shape, for people.</summary>
    public string Shape { get; }

    /// <summary>Whether it is too much for the simulator, so that it is measured on a GPU and not predicted.</summary>
    public bool IsMeasuredOnly { get; internal init; }

    /// <summary>
    /// Of how many equal parts one is predicted, on as many times fewer multiprocessors: 1 for the whole. The parts are independent, as heads and rows are, and what
    /// they need is scaled up again. A GPU measures the whole.
    /// </summary>
    public int Parts { get; internal init; } = 1;

    /// <summary>Makes the operands.</summary>
    internal Func<CaseWorkspace, CaseWork> Prepare { get; }

    /// <summary>Family, operation and shape on one line.</summary>
    public override string ToString() => $"{Family}/{Name} {Shape}";
}
