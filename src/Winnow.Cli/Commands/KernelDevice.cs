using System.CommandLine;
using Winnow.Gpu;
using Winnow.Simulator;

namespace Winnow.Cli.Commands;

/// <summary>The option that says what kernels run on: a GPU where one can be used, else the simulator.</summary>
internal sealed class KernelDevice
{
    private readonly Option<string> _device = new("--device")
    {
        Description = "What kernels run on: auto, cuda or simulator. Default: auto, which is the first GPU that can be used, else the simulator.",
        HelpName = "device",
        DefaultValueFactory = _ => "auto",
    };

    private readonly Option<string> _architecture = new("--simulate")
    {
        Description = "What the simulator is: compute_80, or compute_90a for kernels that need Hopper's instructions. Default: compute_80.",
        HelpName = "architecture",
        DefaultValueFactory = _ => "compute_80",
    };

    public KernelDevice()
    {
        _architecture.AcceptOnlyFromAmong("compute_80", "compute_90a");
        _device.AcceptOnlyFromAmong("auto", "cuda", "simulator");
    }

    public void AddTo(Command command)
    {
        command.Options.Add(_device);
        AddSimulatorTo(command);
    }

    /// <summary>Adds the option of the simulator alone, to commands that use nothing else.</summary>
    public void AddSimulatorTo(Command command) => command.Options.Add(_architecture);

    /// <summary>What the simulator is.</summary>
    public string Architecture(ParseResult parsed) => parsed.GetValue(_architecture)!;

    /// <summary>Opens the GPU that was asked for; null where the simulator is to be used.</summary>
    /// <exception cref="WinnowException">A GPU was asked for and cannot be used.</exception>
    public CudaDriver? OpenGpu(ParseResult parsed)
    {
        string device = parsed.GetValue(_device)!;
        return device == "cuda" || (device == "auto" && CudaDriver.Probe().IsUsable && KernelCompiler.Probe().IsUsable) ? CudaDriver.Open(0) : null;
    }

    /// <summary>Opens what was asked for.</summary>
    public GpuDriver Open(ParseResult parsed) => OpenGpu(parsed) ?? (GpuDriver)new PtxSimulator(new PtxSimulatorOptions { Architecture = Architecture(parsed) });
}
