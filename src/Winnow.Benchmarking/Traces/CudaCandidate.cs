using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using Winnow.Benchmarking.Compilation;
using Winnow.Benchmarking.Descriptions;
using Winnow.Benchmarking.Prediction;
using Winnow.Gpu;
using Winnow.Simulator;

namespace Winnow.Benchmarking.Traces;

/// <summary>A CUDA solution: measured on a GPU, predicted on the simulator.</summary>
internal sealed class CudaCandidate : TraceCandidate
{
    private const string EndlessLoop = "endless-loop";
    private readonly TraceSolution _solution;
    private readonly KernelCompiler _compiler;
    private readonly TraceDevice _device;

    public CudaCandidate(TraceSolution solution, KernelCompiler compiler, TraceOptions options, TraceDevice device)
        : base(solution.Name, options)
    {
        (_solution, _compiler, _device) = (solution, compiler, device);
        Environment = EnvironmentOf(options);
    }

    /// <inheritdoc/>
    public override TraceEnvironment Environment { get; }

    /// <inheritdoc/>
    public override string? WhyNot() => TraceLaunch.WhyNot(_solution) ?? (KernelCompiler.Probe() is { IsUsable: false } nvrtc ? nvrtc.Problem : null);

    /// <inheritdoc/>
    public override TraceExecution Execute(TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs)
    {
        if (Options.Gpu is { } gpu)
        {
            return Guard(() => Run(gpu, Describe(problem, inputs), problem));
        }

        using PtxSimulator simulator = Simulator(profiles: true);
        return Guard(() =>
        {
            KernelDescription description = Describe(problem, inputs);
            TraceExecution execution = Run(simulator, description, problem);
            return Options.PredictFor is { } predicted ? Predict(execution, description, simulator.TakeProfiles()[0], predicted) : execution;
        });
    }

    /// <inheritdoc/>
    public override void Repeat(TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs, Func<IReadOnlyDictionary<string, double[]>, bool> take)
    {
        using PtxSimulator? simulator = Options.Gpu is null ? Simulator(profiles: false) : null;
        Guard(() =>
        {
            using var kernel = new PreparedKernel(Options.Gpu ?? simulator!, _compiler, Describe(problem, inputs));
            do
            {
                kernel.Restore(kernel.Stream, inputs.ContainsKey);
                RunOnce(kernel);
            }
            while (take(Outputs(kernel, problem)));
            return true;
        });
    }

    /// <inheritdoc/>
    public override TraceTiming? Measure(TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs, TraceCandidate? reference)
    {
        if (Options.Gpu is not { } gpu)
        {
            return null;
        }

        var benchmark = new KernelBenchmark(gpu, _compiler, Options.Timing);
        return Guard(() =>
        {
            if (reference is CudaCandidate other)
            {
                Timing.PairedTiming pair = benchmark.Compare(Describe(problem, inputs), other.Describe(problem, inputs));
                return Timing(pair.First.Microseconds, pair.Second.Microseconds, pair.First.Method + ", in turns with the reference");
            }

            Timing.KernelTiming time = benchmark.Measure(Describe(problem, inputs));
            return Timing(time.Microseconds, null, time.Method);
        });
    }

    private static TraceEnvironment EnvironmentOf(TraceOptions options)
    {
        if (options.Gpu is not { } gpu)
        {
            return new TraceEnvironment("simulator", Libraries());
        }

        string cuda = string.Create(CultureInfo.InvariantCulture, $"{gpu.Properties.DriverVersion / 1000}.{gpu.Properties.DriverVersion % 1000 / 10}");
        return new TraceEnvironment(gpu.Properties.Name, Libraries(("cuda", cuda)));
    }

    private KernelDescription Describe(TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs) =>
        TraceLaunch.Of(_solution, problem, inputs, Options.IncludeFolders);

    private TraceExecution Run(GpuDriver driver, KernelDescription description, TraceCase problem)
    {
        FindEntry(description, driver.Architecture);
        using var kernel = new PreparedKernel(driver, _compiler, description);
        RunOnce(kernel);
        return new TraceExecution(Outputs(kernel, problem), "", null);
    }

    private void RunOnce(PreparedKernel kernel)
    {
        kernel.PoisonOutputs();
        var watch = Stopwatch.StartNew();
        kernel.Run();
        CheckTime(watch.Elapsed);
    }

    private static Dictionary<string, double[]> Outputs(PreparedKernel kernel, TraceCase problem) =>
        problem.Definition.Outputs.ToDictionary(output => output.Name, output => kernel.Read(output.Name), StringComparer.Ordinal);

    private PtxSimulator Simulator(bool profiles) => new(new PtxSimulatorOptions
    {
        Architecture = Options.SimulatorArchitecture, InstructionBudget = Options.InstructionBudget, Profiles = profiles,
    });

    /// <summary>A source without the entry point does not build, in the words of the schema.</summary>
    private void FindEntry(KernelDescription description, string architecture)
    {
        IReadOnlyList<KernelEntry> entries = KernelBuild.Entries(_compiler, description.Source, description.Definitions, architecture);
        try
        {
            KernelEntry.Find(entries, description.Kernel, description.Source.Name);
        }
        catch (WinnowException exception)
        {
            throw new TraceFailureException(TraceStatus.CompileError, exception.Message);
        }
    }

    private TraceExecution Predict(TraceExecution execution, KernelDescription description, KernelProfile profile, GpuSpecification gpu)
    {
        const string Unmeasured = "nothing was measured: this ran on the simulator";
        try
        {
            KernelPrediction prediction = new ProfiledKernel(description, description.Plan(), profile).Predict(_compiler, gpu);
            string log = string.Create(
                CultureInfo.InvariantCulture,
                $"{Unmeasured}. Predicted for {gpu.Name} from its counts and published rates, without launch and latency: {prediction.Microseconds:0.###} us, bound by {prediction.Longest.Kind}");
            return execution with { Log = log, Prediction = prediction };
        }
        catch (KernelCompileException exception)
        {
            return execution with { Log = $"{Unmeasured}. No prediction for {gpu.Name}: {exception.Message}" };
        }
    }

    /// <summary>From what can go wrong to what the schema calls it.</summary>
    private T Guard<T>(Func<T> work)
    {
        if (_device.Lost is { } lost)
        {
            throw new TraceSkipException(lost);
        }

        try
        {
            return work();
        }
        catch (KernelCompileException exception)
        {
            throw new TraceFailureException(TraceStatus.CompileError, exception.Message);
        }
        catch (GpuFaultException exception)
        {
            throw Failure(exception.Kind == EndlessLoop ? TraceStatus.Timeout : TraceStatus.RuntimeError, exception);
        }
        catch (CudaException exception)
        {
            throw Failure(TraceStatus.RuntimeError, exception);
        }
        catch (KernelDescriptionException exception)
        {
            throw new TraceSkipException(exception.Message, isDamaged: true);
        }
        catch (OutOfDeviceMemoryException exception)
        {
            throw new TraceSkipException(exception.Message, isDamaged: true);
        }
    }

    private TraceFailureException Failure(TraceStatus status, WinnowException exception)
    {
        _device.Lost = Options.Gpu is null ? null : $"the GPU is in error since {Name}: after a fault it takes no more work in this process; run the rest again";
        return new TraceFailureException(status, exception.Message);
    }
}
