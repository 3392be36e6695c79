using System;
using System.IO;
using System.Linq;
using NUnit.Framework;
using Winnow.TestSupport;

namespace Winnow.Gpu.Native;

/// <summary>Where NVRTC is sought and what is said where it is not found.</summary>
public sealed class NvrtcLibraryTests
{
    [Test]
    public void Search_WithAnExplicitPathAsksNowhereElse()
    {
        using TemporaryFolder folder = new();
        NativeSearch search = NvrtcLibrary.Search(name => name == NvrtcLibrary.Variable ? folder["libnvrtc.so.12"] : null, folder.Root);

        Assert.That(search.Handle, Is.EqualTo((nint)0));
        Assert.That(search.Tried, Is.EqualTo($"{folder["libnvrtc.so.12"]}: there is no such file"));
    }

    [Test]
    [Platform("Linux")]
    public void Search_PutsTheApplicationFolderBeforeCudaPathBeforeTheLoader()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["app"]);
        Directory.CreateDirectory(folder["cuda/lib64"]);
        File.WriteAllText(folder["app/libnvrtc.so.12"], "not a library");
        File.WriteAllText(folder["cuda/lib64/libnvrtc.so.13"], "not a library");
        NativeSearch search = NvrtcLibrary.Search(name => name == "CUDA_PATH" ? folder["cuda"] : null, folder["app"]);

        string[] places = [.. search.Tried.Split("; ").Select(place => place.Split(": ")[0])];
        Assert.That(places.Take(3), Is.EqualTo(new[] { "WINNOW_NVRTC", folder["app/libnvrtc.so.12"], folder["cuda/lib64/libnvrtc.so.13"] }));
    }

    [Test]
    [Platform("Linux")]
    public void Search_FindsTheCopyOfTheRepositoryLast()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["artifacts/nvrtc/usr/lib"]);
        Directory.CreateDirectory(folder["tests/bin"]);
        File.WriteAllText(folder["artifacts/nvrtc/usr/lib/libnvrtc.so.12"], "not a library");
        NativeSearch search = NvrtcLibrary.Search(_ => null, folder["tests/bin"]);

        Assert.That(search.Handle != 0 || search.Tried.Contains(folder["artifacts/nvrtc/usr/lib/libnvrtc.so.12"]), search.Tried);
    }

    [Test]
    [Platform("Linux")]
    public void Search_WithNothingAnywhereNamesEveryPlace()
    {
        using TemporaryFolder folder = new();
        NativeSearch search = NvrtcLibrary.Search(_ => null, folder.Root);
        if (search.Handle == 0)
        {
            Assert.That(search.Tried, Does.Contain("WINNOW_NVRTC: not set").And.Contain(folder.Root).And.Contain("CUDA_PATH: not set")
                .And.Contain("libnvrtc.so.13: ").And.Contain("libnvrtc.so.12: ").And.Contain("libnvrtc.so.11.2: ").And.Contain("artifacts/nvrtc"));
        }
        else
        {
            Assert.That(search.Path, Does.Contain("nvrtc"), "this machine has a toolkit");
        }
    }

    [Test]
    public void Files_PutsHigherVersionsFirst()
    {
        using TemporaryFolder folder = new();
        string[] names = ["libnvrtc.so", "libnvrtc.so.11.2", "libnvrtc.so.12", "libnvrtc.so.12.4.127", "libnvrtc.so.13"];
        foreach (string name in names)
        {
            File.WriteAllText(folder[name], "");
        }

        Assert.That(NativeSearch.Files(folder.Root, "libnvrtc.so*").Select(Path.GetFileName), Is.EqualTo(names.Reverse()));
        Assert.That(NativeSearch.Files(folder["none"], "*"), Is.Empty);
    }

    [Test]
    public void Probe_TellsVersionAndPathOfWhatWasLoaded()
    {
        NvrtcSupport.Require();
        GpuProbe probe = NvrtcLibrary.Probe();

        Assert.That(probe.Version, Is.GreaterThanOrEqualTo(NvrtcLibrary.MinimumVersion));
        Assert.That(probe.VersionText, Does.Match(@"^\d+\.\d$"));
        Assert.That(File.Exists(probe.Path), probe.Path);
    }

    [Test]
    public void Capabilities_AreThoseThatKernelsAreCompiledFor()
    {
        NvrtcSupport.Require();

        Assert.That(NvrtcLibrary.Capabilities, Is.Ordered.And.SupersetOf(new[] { 80, 86 }));
    }

    [Test]
    public void Check_OfAFailureNamesTheCall()
    {
        NvrtcSupport.Require();
        CudaException exception = Assert.Throws<CudaException>(DestroyNothing)!;

        Assert.That(exception.Call, Is.EqualTo("nvrtcDestroyProgram"));
        Assert.That(exception.StatusName, Does.StartWith("NVRTC_ERROR_"));
    }

    private static unsafe void DestroyNothing()
    {
        nint program = 0;
        Nvrtc.nvrtcDestroyProgram(&program).Check();
    }
}
