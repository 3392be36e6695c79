using System.CommandLine;
using Winnow.Cli.Terminal;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow kernels</c>: a workbench for CUDA kernels, anybody's, with a GPU and without one.</summary>
internal static class KernelsCommand
{
    public static Command Create(CliHost host) =>
        new("kernels", "Compile, check, profile and time CUDA kernels, your own and those that ship; without a GPU on the simulator.")
        {
            KernelsListCommand.Create(host),
            KernelsCompileCommand.Create(host),
            KernelsCheckCommand.Create(host),
            KernelsProfileCommand.Create(host),
            KernelsBenchCommand.Create(host),
            KernelsTraceCommand.Create(host),
        };
}
