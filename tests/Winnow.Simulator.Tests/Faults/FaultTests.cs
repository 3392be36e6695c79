using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.TestSupport;

namespace Winnow.Simulator.Tests.Faults;

/// <summary>Every faulty kernel is reported with its kind, line, block and thread; without its fault it runs clean.</summary>
public sealed unsafe class FaultTests
{
    private const int Numbers = 64;

    private static IEnumerable<TestCaseData> Cases => FaultCorpus.Cases.Select(fault => new TestCaseData(fault).SetArgDisplayNames(fault.Kernel));

    [TestCaseSource(nameof(Cases))]
    public void Launch_OfFaultyKernelIsReported(object data)
    {
        var fault = (FaultCase)data;
        NvrtcSupport.Require();
        for (int seed = 1; seed <= 5; seed++)
        {
            GpuFaultException found = Assert.Throws<GpuFaultException>(() => Run(fault, isFaulty: true, seed))!;

            Assert.Multiple(() =>
            {
                Assert.That(found.Kind, Is.EqualTo(fault.Kind), found.Message);
                Assert.That(found.Kernel, Is.EqualTo(fault.Kernel));
                Assert.That(fault.Lines, Does.Contain(found.Line), found.Message);
                Assert.That(found.File, Does.EndWith($"{fault.Kernel}.cu"));
                Assert.That(fault.Blocks, Does.Contain(found.Block.X), found.Message);
                Assert.That(fault.Threads, Does.Contain(found.Thread.X), found.Message);
                Assert.That(found.Message, Does.Contain(fault.Says));
            });
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void Launch_OfCorrectKernelRunsClean(object data)
    {
        var fault = (FaultCase)data;
        NvrtcSupport.Require();
        for (int seed = 1; seed <= 5; seed++)
        {
            Assert.DoesNotThrow(() => Run(fault, isFaulty: false, seed));
        }
    }

    private static void Run(FaultCase fault, bool isFaulty, int seed)
    {
        using PtxSimulator driver = new(new PtxSimulatorOptions { Architecture = fault.Architecture, Seed = seed, InstructionBudget = 100_000 });
        GpuModule module = driver.LoadModule(FaultCorpus.Compile(fault, isFaulty), fault.Kernel);
        GpuFunction function = driver.GetFunction(module, fault.Kernel);
        GpuStream stream = driver.CreateStream();
        nint output = driver.Allocate(Numbers * sizeof(int));
        nint input = driver.Allocate(Numbers * sizeof(int));
        int[] numbers = [.. Enumerable.Range(0, Numbers)];
        fixed (int* source = numbers)
        {
            driver.CopyToDevice(input, (nint)source, Numbers * sizeof(int), stream);
        }

        if (isFaulty && fault.FreesInput)
        {
            driver.Free(input);
        }

        if (fault.IsDependent)
        {
            GpuModule correct = driver.LoadModule(FaultCorpus.Compile(fault, isFaulty: false), fault.Kernel);
            Launch(driver, driver.GetFunction(correct, fault.Kernel), fault.Shape, input, input, stream);
        }

        Launch(driver, function, fault.Shape with { IsDependent = fault.IsDependent }, output, input, stream);
    }

    private static void Launch(PtxSimulator driver, GpuFunction function, LaunchShape shape, nint output, nint input, GpuStream stream)
    {
        ArgumentBlock arguments = new(stackalloc byte[32]);
        arguments.Add(output);
        arguments.Add(input);
        arguments.Add(Numbers);
        driver.Launch(function, shape, arguments.Bytes, stream);
    }
}
