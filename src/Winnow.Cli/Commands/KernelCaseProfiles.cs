using System;
using System.Linq;
using System.Threading;
using Winnow.Benchmarking.Cases;
using Winnow.Cli.Terminal;
using Winnow.Gpu;
using Winnow.Simulator;

namespace Winnow.Cli.Commands;

/// <summary>The kernels that ship, case by case, on the simulator: what they count, and where their critical paths wait.</summary>
internal static class KernelCaseProfiles
{
    /// <summary>Profiles cases.</summary>
    /// <param name="host">Takes the profiles.</param>
    /// <param name="asJson">Whether as JSON.</param>
    /// <param name="filter">A part of family, name or shape.</param>
    /// <param name="architecture">What the simulator is.</param>
    /// <param name="seed">What the order of warps is drawn from.</param>
    /// <param name="cancellationToken">Ends it after the case that is running.</param>
    /// <exception cref="UsageException">There is no such case.</exception>
    public static int Run(CliHost host, bool asJson, string filter, string architecture, int seed, CancellationToken cancellationToken)
    {
        KernelCase[] cases =
        [
            .. KernelCases.All().Where(kernelCase => !kernelCase.IsMeasuredOnly && kernelCase.ToString().Contains(filter, StringComparison.OrdinalIgnoreCase)),
        ];
        if (cases.Length == 0)
        {
            throw new UsageException($"no case for the simulator has '{filter}' in its name or shape; `winnow kernels bench` shows them all");
        }

        KernelCompiler compiler = new();
        int code = ExitCodes.Success;
        foreach (KernelCase kernelCase in cases)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                foreach (KernelProfile profile in CaseRunner.Profile(kernelCase, compiler, architecture, seed))
                {
                    KernelsProfileCommand.Write(host, asJson, profile, kernelCase.Parts == 1 ? $"{kernelCase}" : $"{kernelCase}, one of {kernelCase.Parts} equal parts");
                }
            }
            catch (GpuFaultException fault)
            {
                KernelsProfileCommand.WriteFinding(host, asJson, fault);
                code = ExitCodes.Failure;
            }
        }

        return code;
    }
}
