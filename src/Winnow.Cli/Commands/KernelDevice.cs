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

    public KernelDevice()
    {
        _device.AcceptOnlyFromAmong("auto", "cuda", "simulator");
    }

    public void AddTo(Command command) => command.Options.Add(_device);

    /// <summary>Opens the GPU that was asked for; null where the simulator is to be used.</summary>
    /// <exception cref="WinnowException">A GPU was asked for and cannot be used.</exception>
    public CudaDriver? OpenGpu(ParseResult parsed)
    {
        string device = parsed.GetValue(_device)!;
        return device == "cuda" || (device == "auto" && CudaDriver.Probe().IsUsable && KernelCompiler.Probe().IsUsable) ? CudaDriver.Open(0) : null;
    }

    /// <summary>Opens what was asked for.</summary>
    public GpuDriver Open(ParseResult parsed) => OpenGpu(parsed) ?? (GpuDriver)new PtxSimulator();
}
