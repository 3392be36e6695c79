using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Winnow.Bench.Cache.Policies;
using Winnow.Bench.Devices;
using Winnow.BenchmarkPrograms;
using Winnow.Cache.Policies;
using Winnow.Gpu;
using Winnow.Kernels;
using Winnow.Simulator;

namespace Winnow.Bench;

/// <summary>
/// Prints what each policy costs a decode step: <c>--filter *PolicyCost.h2o*</c> for some, <c>--slots 1024,8192,32768</c>, <c>--rounds 7</c>,
/// <c>--device cpu|cuda|simulator</c>, <c>--threads 2</c>; then runs the benchmarks of loading and scheduling.
/// </summary>
internal static class Program
{
    private const int WarmUpSlots = 512;

    private static int Main(string[] arguments)
    {
        Dictionary<string, string> options = arguments.Chunk(2).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0].TrimStart('-'), pair => pair[1]);
        string Option(string name, string usual) => options.GetValueOrDefault(name, usual);
        string[] unknown = [.. options.Keys.Except(["filter", "slots", "rounds", "device", "threads"])];
        if (arguments.Length % 2 != 0 || unknown.Length > 0)
        {
            Console.Error.WriteLine("Options come in pairs: --filter NAME, --slots N,N,..., --rounds N, --device cpu|cuda|simulator, --threads N.");
            return 2;
        }

        string filter = Option("filter", "").Trim('*');
        string[] policies =
        [
            .. KvPolicies.All.Select(policy => policy.Name).Where(name =>
                name != NonePolicy.Description.Name && $"PolicyCost.{name}".Contains(filter, StringComparison.OrdinalIgnoreCase)),
        ];
        try
        {
            int[] lengths = [.. Option("slots", "1024,8192,32768").Split(',').Select(Number)];
            MeasurePolicies(policies, Option("device", "cpu"), Number(Option("threads", "2")), Number(Option("rounds", "7")), lengths);
        }
        catch (WinnowException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return 1;
        }

        // Loading and scheduling are the host's alone.
        int code = Option("device", "cpu") != "cpu" ? BenchmarkProgram.NothingMatches : BenchmarkProgram.Run(typeof(Program).Assembly, ["--filter", $"*{filter}*"]);
        return code == BenchmarkProgram.NothingMatches && policies.Length > 0 ? 0 : code;
    }

    private static void MeasurePolicies(string[] policies, string device, int threads, int rounds, int[] lengths)
    {
        if (policies.Length == 0)
        {
            return;
        }

        using var timed = new TimedDevice(Open(device, threads));
        Console.WriteLine($"{timed.Name}; 4 layers of 512, 8 heads of 64 over 2 KV heads, random F16 weights, KV cache {timed.UsualKvType(DType.F16)}; medians ± half of the middle half");
        Console.WriteLine(PolicyCost.Head);
        using var bench = new PolicyBench(timed, rounds);

        // Code is compiled at full strength only once it has run for a while.
        bench.Measure(policies[0], WarmUpSlots);
        foreach (int slots in lengths)
        {
            foreach (string policy in policies)
            {
                Console.WriteLine(bench.Measure(policy, slots));
            }

            Console.WriteLine(bench.MeasuredPlain(slots));
        }
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static ComputeDevice Open(string name, int threads) => name switch
    {
        "cpu" => new CpuDevice(threads),
        "cuda" => new CudaDevice(CudaDriver.Open(0), ownsDriver: true),
        "simulator" => new CudaDevice(new PtxSimulator(new PtxSimulatorOptions { Checks = false, Threads = threads }), ownsDriver: true),
        _ => throw new ArgumentException($"There is no device '{name}'; there are cpu, cuda and simulator."),
    };
}
