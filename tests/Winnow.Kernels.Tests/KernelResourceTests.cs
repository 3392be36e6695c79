using System;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.TestSupport;

namespace Winnow.Kernels.Tests;

/// <summary>
/// What the assembler gives each shipped variant on each architecture. No variant spills; and the figures stay as
/// <c>KernelResources.txt</c> has them, so that a change shows in its diff. <c>WINNOW_WRITE_RESOURCES=1</c> writes the table anew.
/// </summary>
internal sealed class KernelResourceTests
{
    private static readonly string[] Architectures = ["sm_80", "sm_86", "sm_89", "sm_90a"];

    private const string Table = "KernelResources.txt";

    private static string TableSource => Path.Combine(SharedFiles.RepositoryRoot, "tests", "Winnow.Kernels.Tests", Table);

    // Beside the program, because a bundle has no sources.
    private static string TableCopy => Path.Combine(AppContext.BaseDirectory, Table);

    [Test]
    public void Variant_DoesNotSpillAndTakesWhatTheTableSays()
    {
        NvrtcSupport.Require();
        string version = $"NVRTC {KernelCompiler.Probe().VersionText}";
        string[] rows = Measure(out string[] spills);
        if (Environment.GetEnvironmentVariable("WINNOW_WRITE_RESOURCES") == "1")
        {
            File.WriteAllLines(TableSource, [version, "registers  shared  code  architecture  kernel", .. rows]);
            File.Copy(TableSource, TableCopy, overwrite: true);
        }

        Assert.That(spills, Is.Empty, "variants that spill registers or index local arrays");
        string[] table = File.ReadAllLines(TableCopy);
        if (table[0] == version)
        {
            Assert.That(rows.Except(table[2..]), Is.Empty, "not in the table: look at the change, then write the table anew");
            Assert.That(table[2..].Except(rows), Is.Empty, "only in the table");
        }
    }

    private static string[] Measure(out string[] spills)
    {
        var compiler = new KernelCompiler();
        var found = new ConcurrentBag<(string Row, bool Spills)>();
        var work = ShippedKernels.All().SelectMany(variant => Architectures.Where(variant.CompilesFor), (variant, architecture) => (variant, architecture));
        Parallel.ForEach(work, item =>
        {
            byte[] image = compiler.Compile(KernelSources.Get(item.variant.Source), item.variant.Definitions, item.architecture);
            KernelResources kernel = CubinReader.Read(image).Single(kernel => kernel.Kernel == item.variant.Entry);
            string row = string.Create(
                CultureInfo.InvariantCulture,
                $"{kernel.Registers,9} {kernel.SharedBytes + item.variant.SharedBytes,7} {kernel.CodeBytes,5}  {item.architecture,-6}  {item.variant}");
            found.Add((row, kernel.LocalBytes > 0));
        });
        spills = [.. found.Where(item => item.Spills).Select(item => item.Row).Order(StringComparer.Ordinal)];
        return [.. found.Select(item => item.Row).OrderBy(row => row[26..], StringComparer.Ordinal)];
    }

    [Test]
    public void Source_IsCompiledByAShippedVariant()
    {
        string[] shipped = [.. ShippedKernels.All().Select(variant => variant.Source).Distinct()];

        Assert.That(KernelSources.Names.Except(shipped), Is.Empty, "sources that no shipped variant is compiled from");
    }
}
