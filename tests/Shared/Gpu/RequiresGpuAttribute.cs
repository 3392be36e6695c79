using System;
using NUnit.Framework;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;
using NUnit.Framework.Internal.Commands;
using Winnow.Gpu;

namespace Winnow.TestSupport;

/// <summary>
/// For tests of a real GPU: where there is none, or one that is too old, they are skipped with the reason, before any set-up; on build machines as well,
/// which have none.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RequiresGpuAttribute : NUnitAttribute, IWrapSetUpTearDown
{
    /// <summary>The oldest device that will do: its compute capability times ten, 90 for Hopper; 0 for any that kernels run on.</summary>
    public int MinimumCapability { get; init; }

    /// <summary>What is asked for the GPU. Not before a test runs: a process that puts another driver in CUDA's place does so in its set-up.</summary>
    internal static Func<GpuProbe> Probe { get; set; } = CudaDriver.Probe;

    /// <inheritdoc/>
    public TestCommand Wrap(TestCommand command) => new Guarded(command, MinimumCapability);

    /// <summary>Why a test that needs such a device cannot run; empty where it can.</summary>
    internal static string Problem(GpuProbe probe, int minimumCapability)
    {
        if (!probe.IsUsable)
        {
            return probe.Problem;
        }

        GpuProperties first = probe.Devices[0];
        return first.ComputeCapability < minimumCapability
            ? $"{first.Name} has compute capability {Text(first.ComputeCapability)}; the test needs {Text(minimumCapability)} or newer."
            : "";
    }

    private static string Text(int capability) => $"{capability / 10}.{capability % 10}";

    private sealed class Guarded(TestCommand inner, int minimumCapability) : DelegatingTestCommand(inner)
    {
        public override TestResult Execute(TestExecutionContext context)
        {
            string problem = Problem(Probe(), minimumCapability);
            if (problem.Length == 0)
            {
                return innerCommand.Execute(context);
            }

            context.CurrentResult.SetResult(ResultState.Ignored, problem);
            return context.CurrentResult;
        }
    }
}
