using System;
using System.CommandLine;
using System.Globalization;
using Winnow.Cli.Terminal;
using Winnow.Gpu;
using Winnow.Kernels;
using Winnow.Simulator;

namespace Winnow.Cli.Commands;

/// <summary>The option that says what computes.</summary>
internal sealed class DeviceOption
{
    private const string Cuda = "cuda";
    private const string Simulator = "simulator";
    private const string Unchecked = "simulator:unchecked";

    private readonly Option<string> _device = new("--device")
    {
        Description = "What computes: auto, cpu, cuda, cuda:1 (the second GPU), simulator (the GPU's kernels on the processor, with checks) "
            + "or simulator:unchecked. Default: auto, which is the first GPU that can be used, else the processor.",
        HelpName = "device",
        DefaultValueFactory = _ => "auto",
    };

    public DeviceOption()
    {
        _device.Validators.Add(result =>
        {
            string device = result.GetValueOrDefault<string>();
            if (device is not ("auto" or "cpu" or Cuda or Simulator or Unchecked) && OrdinalOf(device) is null)
            {
                result.AddError($"--device must be auto, cpu, cuda, cuda:<number>, {Simulator} or {Unchecked}, not '{device}'.");
            }
        });
    }

    public void AddTo(Command command) => command.Options.Add(_device);

    /// <summary>Opens what was asked for; the caller disposes it.</summary>
    /// <exception cref="WinnowException">It cannot be used; the message says why and what to do.</exception>
    public ComputeDevice Open(ParseResult parsed, CliHost host, int? threads)
    {
        string device = parsed.GetValue(_device)!;
        return device switch
        {
            "auto" => OpenBest(host, threads, isExplicit: parsed.GetResult(_device) is { Implicit: false }),
            "cpu" => new CpuDevice(threads),
            Simulator or Unchecked => OpenSimulator(threads, isChecked: device == Simulator),
            _ => OpenCuda(OrdinalOf(device) ?? 0),
        };
    }

    private static ComputeDevice OpenBest(CliHost host, int? threads, bool isExplicit)
    {
        GpuProbe cuda = CudaDriver.Probe();
        GpuProbe nvrtc = cuda.IsUsable ? KernelCompiler.Probe() : cuda;
        if (cuda.IsUsable && nvrtc.IsUsable)
        {
            return OpenCuda(0);
        }

        // A machine without a driver was not meant to use a GPU; with one, or when asked, people want to know.
        if (isExplicit || cuda.Path.Length > 0)
        {
            string problem = Failures.OnOneLine(cuda.IsUsable ? nvrtc.Problem : cuda.Problem);
            host.Error.WriteLine($"winnow: no GPU can be used, so the processor computes. {problem}");
        }

        return new CpuDevice(threads);
    }

    private static CudaDevice OpenCuda(int ordinal)
    {
        GpuProbe nvrtc = KernelCompiler.Probe();
        GpuProbe cuda = CudaDriver.Probe();
        if (cuda.IsUsable && ordinal >= cuda.Devices.Count)
        {
            throw new WinnowException($"There is no GPU {ordinal}: this machine has {cuda.Devices.Count}, numbered from 0. `winnow devices` lists them.");
        }

        return cuda.IsUsable && !nvrtc.IsUsable
            ? throw new WinnowException(nvrtc.Problem)
            : new CudaDevice(CudaDriver.Open(ordinal), ownsDriver: true);
    }

    private static CudaDevice OpenSimulator(int? threads, bool isChecked)
    {
        GpuProbe nvrtc = KernelCompiler.Probe();
        return nvrtc.IsUsable
            ? new CudaDevice(new PtxSimulator(new PtxSimulatorOptions { Checks = isChecked, Threads = threads ?? 0 }), ownsDriver: true)
            : throw new WinnowException(nvrtc.Problem);
    }

    private static int? OrdinalOf(string device)
    {
        const string Prefix = Cuda + ":";
        return device.StartsWith(Prefix, StringComparison.Ordinal)
            && int.TryParse(device.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal) ? ordinal : null;
    }
}
