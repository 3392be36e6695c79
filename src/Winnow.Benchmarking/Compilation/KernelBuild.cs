using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Benchmarking.Descriptions;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Compilation;

/// <summary>A kernel compiled for one architecture, with what is known of it then.</summary>
/// <param name="Source">What its source is called.</param>
/// <param name="Architecture">What it is compiled for.</param>
/// <param name="Entry">The entry point with its parameters.</param>
/// <param name="Image">The image: a cubin for <c>sm_80</c> and its like, PTX text for <c>compute_80</c>.</param>
/// <param name="Resources">What the assembler gave it; null for PTX, which has not been assembled.</param>
public sealed record KernelBuild(string Source, string Architecture, KernelEntry Entry, byte[] Image, KernelResources? Resources)
{
    /// <summary>The architectures that <c>all</c> stands for.</summary>
    public static IReadOnlyList<string> Architectures { get; } = ["sm_80", "sm_86", "sm_89", "sm_90a"];

    /// <summary>The entry points of a source.</summary>
    /// <param name="compiler">The compiler.</param>
    /// <param name="source">The source.</param>
    /// <param name="definitions">Macros, each <c>NAME</c> or <c>NAME=VALUE</c>.</param>
    /// <param name="architecture">A real or a virtual architecture that the source compiles for.</param>
    /// <exception cref="KernelCompileException">The source does not compile.</exception>
    /// <exception cref="WinnowException">It has none.</exception>
    public static IReadOnlyList<KernelEntry> Entries(KernelCompiler compiler, KernelSource source, IReadOnlyList<string> definitions, string architecture)
    {
        ArgumentNullException.ThrowIfNull(compiler);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(architecture);
        IReadOnlyList<KernelEntry> entries = KernelEntry.Read(compiler.Compile(source, definitions, architecture.Replace("sm_", "compute_", StringComparison.Ordinal)));
        return entries.Count > 0
            ? entries
            : throw new WinnowException(KernelEntry.NoKernelIn(source.Name));
    }

    /// <summary>Compiles one kernel.</summary>
    /// <param name="compiler">The compiler.</param>
    /// <param name="source">The source.</param>
    /// <param name="kernel">The entry point; null for the only one.</param>
    /// <param name="definitions">Macros, each <c>NAME</c> or <c>NAME=VALUE</c>.</param>
    /// <param name="architecture">What for: <c>sm_90a</c> gives a cubin, <c>compute_80</c> PTX.</param>
    /// <exception cref="KernelCompileException">The source does not compile.</exception>
    /// <exception cref="WinnowException">There is no such kernel.</exception>
    public static KernelBuild Of(KernelCompiler compiler, KernelSource source, string? kernel, IReadOnlyList<string> definitions, string architecture)
    {
        ArgumentNullException.ThrowIfNull(source);
        KernelEntry entry = KernelEntry.Find(Entries(compiler, source, definitions, architecture), kernel, source.Name);
        byte[] image = compiler.Compile(source, definitions, architecture);
        KernelResources? resources = architecture.StartsWith("sm_", StringComparison.Ordinal)
            ? CubinReader.Read(image).First(resources => resources.Kernel == entry.Symbol)
            : null;
        return new KernelBuild(source.Name, architecture, entry, image, resources);
    }

    /// <summary>Compiles the kernel of a description and says where the two do not fit.</summary>
    /// <param name="compiler">The compiler.</param>
    /// <param name="description">The description.</param>
    /// <param name="plan">Its launch.</param>
    /// <param name="architecture">What for.</param>
    /// <exception cref="KernelDescriptionException">Number or sizes of arguments are not those of the kernel.</exception>
    public static KernelBuild Of(KernelCompiler compiler, KernelDescription description, LaunchPlan plan, string architecture)
    {
        ArgumentNullException.ThrowIfNull(description);
        KernelBuild build = Of(compiler, description.Source, description.Kernel, description.Definitions, architecture);
        ArgumentFit.Check(description, plan, build.Entry);
        return build;
    }
}
