using System;
using System.IO;
using NUnit.Framework;

namespace Winnow.Benchmarking.Timing;

public sealed class GpuStateTests
{
    [TestCase("echo '1980, 3201, 312.45, 41'", "1980 MHz, memory 3201 MHz, 312 W, 41 C")]
    [TestCase("echo '1980, 3201, [N/A], 41'", null)]
    [TestCase("echo nothing", null)]
    [TestCase("echo '1980, 3201, 312.45, 41'; exit 9", null)]
    public void Read_TakesWhatTheProgramSaysOrNothing(string script, string? expected)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("the program of this test is a shell script");
        }

        using TemporaryFolder folder = new();
        string program = folder["nvidia-smi"];
        File.WriteAllText(program, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Assert.That(GpuState.Read(0, program)?.ToString(), Is.EqualTo(expected));
    }

    [Test]
    public void Read_WithoutTheProgramIsNothing()
    {
        Assert.That(GpuState.Read(0, "/no/such/program"), Is.Null);
    }
}
