using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Architecture;

/// <summary>One family, one folder, on every floor: kernels, src, tests and bench carry the same names.</summary>
public sealed class MirrorTests
{
    private static readonly string[] Families = ["Attention", "Cache", "Linear", "Norm", "Reduction", "Sampling"];

    [Test]
    public void SourceFolder_IsAFamily()
    {
        Assert.That(Folders("src/Winnow.Kernels").Except(Families), Is.Empty);
    }

    [TestCase("tests/Winnow.Kernels.Tests")]
    [TestCase("bench/Winnow.Kernels.Bench")]
    public void MirrorFolder_HasItsFamilyInSource(string mirror)
    {
        Assert.That(Folders(mirror).Except(Folders("src/Winnow.Kernels")), Is.Empty);
    }

    [Test]
    public void CudaFolder_HasItsFamilyInSource()
    {
        IEnumerable<string> cuda = Folders("kernels").Where(name => name != "common")
            .Select(name => char.ToUpperInvariant(name[0]) + name[1..]);
        Assert.That(cuda.Except(Folders("src/Winnow.Kernels")), Is.Empty);
    }

    [Test]
    public void Family_WithACpuFormHasTests()
    {
        IEnumerable<string> withCpuForm = Repository.Sources("src/Winnow.Kernels", ".cs")
            .Where(path => Path.GetFileName(path).StartsWith("Cpu", StringComparison.Ordinal))
            .Select(path => path.Split('/'))
            .Where(parts => parts.Length == 4)
            .Select(parts => parts[2])
            .Distinct();
        Assert.That(withCpuForm.Except(Folders("tests/Winnow.Kernels.Tests")), Is.Empty, "families without a test folder");
    }

    [Test]
    public void TestProject_HasItsSourceProject()
    {
        IEnumerable<string> tested = Folders("tests")
            .Where(name => name.EndsWith(".Tests", StringComparison.Ordinal) && name != "Winnow.Architecture.Tests")
            .Select(name => name[..^".Tests".Length]);
        Assert.That(tested, Is.EquivalentTo(Repository.SourceProjects()));
    }

    private static IEnumerable<string> Folders(string relativePath)
    {
        DirectoryInfo folder = new(Path.Combine(Repository.Root, relativePath));
        return folder.Exists
            ? folder.EnumerateDirectories().Select(child => child.Name).Where(name => name is not ("bin" or "obj" or "TestResults"))
            : [];
    }
}
