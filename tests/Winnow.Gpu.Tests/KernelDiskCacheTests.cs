using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Winnow.Gpu;

/// <summary>The folder of compiled kernels.</summary>
public sealed class KernelDiskCacheTests
{
    private const string SharedFolderVariable = "WINNOW_TEST_CACHE";

    [Test]
    public void Read_AfterWriteGivesTheImage()
    {
        using TemporaryFolder folder = new();
        KernelDiskCache cache = new(folder["new"]);
        cache.Write("a", [1, 2, 3]);

        Assert.That(cache.Read("a"), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(cache.Read("b"), Is.Null);
    }

    [Test]
    public void Read_OfAnEntryUnderAnotherKeyGivesNothing()
    {
        using TemporaryFolder folder = new();
        KernelDiskCache cache = new(folder.Root);
        cache.Write("a", [1, 2, 3]);
        File.Move(folder["a.image"], folder["b.image"]);

        Assert.That(cache.Read("b"), Is.Null);
    }

    [Test]
    public void Write_RemovesWhatNobodyReadForLong()
    {
        using TemporaryFolder folder = new();
        KernelDiskCache cache = new(folder.Root);
        foreach ((string name, int days) in new[] { ("old.image", 100), ("dead.image.0123", 100), ("read.image", 80), ("new.image", 1), ("not ours", 100) })
        {
            File.WriteAllText(folder[name], "anything");
            File.SetLastWriteTimeUtc(folder[name], DateTime.UtcNow.AddDays(-days));
        }

        cache.Read("read");
        cache.Read("new");
        cache.Write("a", [1]);

        Assert.That(Directory.GetFiles(folder.Root).Select(Path.GetFileName), Is.EquivalentTo(new[] { "read.image", "new.image", "not ours", "a.image" }));
        Assert.That(DateTime.UtcNow - File.GetLastWriteTimeUtc(folder["read.image"]), Is.LessThan(TimeSpan.FromDays(1)));
        Assert.That(DateTime.UtcNow - File.GetLastWriteTimeUtc(folder["new.image"]), Is.GreaterThan(TimeSpan.FromHours(23)));
    }

    [Test]
    [UnsupportedOSPlatform("windows")]
    [Platform(Exclude = "Win")]
    public void Write_MakesAFolderForItsOwnerOnly()
    {
        using TemporaryFolder folder = new();
        new KernelDiskCache(folder["new"]).Write("a", [1]);

        Assert.That(File.GetUnixFileMode(folder["new"]), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
    }

    [TestCase("WINNOW_CACHE=/given;XDG_CACHE_HOME=/xdg;HOME=/home/me", "/given/kernels")]
    [TestCase("XDG_CACHE_HOME=/xdg;HOME=/home/me", "/xdg/winnow/kernels")]
    [TestCase("HOME=/home/me", "/home/me/.cache/winnow/kernels")]
    [TestCase("", null)]
    [Platform("Linux")]
    public void DefaultFolder_IsTheUsersCache(string environment, string? expected)
    {
        Dictionary<string, string> variables = environment.Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

        Assert.That(KernelDiskCache.DefaultFolder(variables.GetValueOrDefault), Is.EqualTo(expected));
    }

    [Test]
    public void Entry_ThatManyWriteAndReadIsAlwaysWhole()
    {
        using TemporaryFolder own = new();
        string folder = Environment.GetEnvironmentVariable(SharedFolderVariable) ?? own.Root;
        int whole = 0;
        Parallel.For(0, 200, i =>
        {
            KernelDiskCache cache = new(folder);
            if (i % 2 == 0)
            {
                cache.Write("shared", Image(i));
            }
            else if (cache.Read("shared") is { } image)
            {
                Assert.That(image, Is.EqualTo(Image(image[0])));
                System.Threading.Interlocked.Increment(ref whole);
            }
        });

        Assert.That(whole, Is.Positive);
        Assert.That(new KernelDiskCache(folder).Read("shared"), Is.Not.Null);
    }

    [Test]
    public void Entry_ThatTwoProcessesWriteAndReadIsAlwaysWhole()
    {
        using TemporaryFolder folder = new();
        Process[] processes = [StartSharing(folder.Root), StartSharing(folder.Root)];
        foreach (Process process in processes)
        {
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.That(output, Does.Contain("succeeded: 1"));
            process.Dispose();
        }

        Assert.That(Directory.GetFiles(folder.Root).Select(Path.GetFileName), Is.EqualTo(new[] { "shared.image" }), "no temporary file stays behind");
    }

    private static byte[] Image(int seed)
    {
        byte[] image = new byte[2000 + (97 * (byte)seed)];
        Array.Fill(image, (byte)seed);
        return image;
    }

    private static Process StartSharing(string folder) => ThisProgram.Start(nameof(Entry_ThatManyWriteAndReadIsAlwaysWhole), (SharedFolderVariable, folder));
}
