using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using Winnow.Gpu;

namespace Winnow.Simulator.Bench;

/// <summary>
/// Prints how many instructions of threads the simulator executes a second, on one core and on all, with checks and without; with
/// <c>--profile</c> what each kernel does instead.
/// </summary>
internal static class Program
{
    // As of the other programs of benchmarks: build.sh looks for it.
    private const int NothingMatches = 3;
    private const int Rounds = 5;
    private static readonly TimeSpan RoundTime = TimeSpan.FromMilliseconds(200);

    private static int Main(string[] arguments)
    {
        bool isProfile = Array.IndexOf(arguments, "--profile") >= 0;
        string filter = arguments.Length > 0 && !arguments[^1].StartsWith("--", StringComparison.Ordinal) ? arguments[^1].Trim('*') : "";
        BenchKernel[] kernels = Array.FindAll(BenchKernel.All, kernel => $"Simulator.{kernel.Name}".Contains(filter, StringComparison.OrdinalIgnoreCase));
        if (kernels.Length == 0)
        {
            return NothingMatches;
        }

        if (!isProfile)
        {
            Console.WriteLine($"million instructions of threads a second; {Environment.ProcessorCount} cores");
            Console.WriteLine($"{"kernel",-12}{"checks, 1 core",16}{"no checks, 1",16}{"checks, all",16}{"no checks, all",16}");
        }

        foreach (BenchKernel kernel in kernels)
        {
            KernelSource source = new("bench.cu", kernel.Source, new Dictionary<string, string>());
            byte[] image = new KernelCompiler().Compile(source, [], kernel.Architecture);
            if (isProfile)
            {
                Console.WriteLine((Profile(kernel, image) with { Kernel = kernel.Name }).ToString());
            }
            else
            {
                PrintSpeed(kernel, image);
            }
        }

        return 0;
    }

    private static void PrintSpeed(BenchKernel kernel, byte[] image)
    {
        double instructions = Profile(kernel, image).LaneInstructions;
        string line = $"{kernel.Name,-12}";
        foreach ((bool checks, int threads) in new[] { (true, 1), (false, 1), (true, 0), (false, 0) })
        {
            using BenchLaunch launch = new(kernel, image, new PtxSimulatorOptions { Architecture = kernel.Architecture, Checks = checks, Threads = threads });
            double rate = instructions / Quickest(launch).TotalSeconds / 1e6;
            line += string.Create(CultureInfo.InvariantCulture, $"{rate,16:F0}");
        }

        Console.WriteLine(line);
    }

    private static KernelProfile Profile(BenchKernel kernel, byte[] image)
    {
        using BenchLaunch launch = new(kernel, image, new PtxSimulatorOptions { Architecture = kernel.Architecture, Profiles = true });
        launch.Run();
        return launch.Driver.TakeProfiles()[0];
    }

    /// <summary>The quickest launch: what else the machine does makes others slower, never quicker.</summary>
    private static TimeSpan Quickest(BenchLaunch launch)
    {
        TimeSpan quickest = TimeSpan.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < RoundTime)
            {
                long before = Stopwatch.GetTimestamp();
                launch.Run();
                TimeSpan time = Stopwatch.GetElapsedTime(before);
                quickest = time < quickest ? time : quickest;
            }
        }

        return quickest;
    }
}
