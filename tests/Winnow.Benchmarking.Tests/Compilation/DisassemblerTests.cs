using System;
using System.IO;
using NUnit.Framework;

namespace Winnow.Benchmarking.Compilation;

public sealed class DisassemblerTests
{
    [Test]
    public void Run_WithoutADisassemblerSaysWhereToGetOne()
    {
        using TemporaryFolder folder = new();

        Assert.That(Disassembler.Find([folder.Root]), Is.Null);
        Assert.That(() => Disassembler.Run([1], [folder.Root]), Throws.TypeOf<WinnowException>().With.Message.Contains("cuda-nvdisasm"));
    }

    [Test]
    public void Run_GivesTheProgramTheImageAndReturnsItsText()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("the program of this test is a shell script");
        }

        using TemporaryFolder folder = new();
        Script(folder["cuobjdump"], "echo wrong");
        Script(folder["nvdisasm"], "echo \"$1\"; cat \"$2\"");

        Assert.That(Disassembler.Run("image"u8, [folder.Root]), Is.EqualTo("--print-code\nimage"));
    }

    [Test]
    public void Run_OfAProgramThatFailsSaysWhatItSaid()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("the program of this test is a shell script");
        }

        using TemporaryFolder folder = new();
        Script(folder["cuobjdump"], "echo no cubin >&2; exit 3");

        Assert.That(() => Disassembler.Run("image"u8, [folder.Root]), Throws.TypeOf<WinnowException>().With.Message.Contains("cuobjdump --dump-sass failed: no cubin"));
    }

    private static void Script(string path, string text)
    {
        File.WriteAllText(path, $"#!/bin/sh\n{text}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
