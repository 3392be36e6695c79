using System;
using Winnow.Benchmarking.Compilation;
using Winnow.Benchmarking.Descriptions;
using Winnow.Gpu;
using Winnow.Simulator;

namespace Winnow.Benchmarking.Prediction;

/// <summary>A described kernel, run on the simulator and counted.</summary>
/// <param name="Description">The kernel.</param>
/// <param name="Plan">Its launch.</param>
/// <param name="Profile">What it did.</param>
public sealed record ProfiledKernel(KernelDescription Description, LaunchPlan Plan, KernelProfile Profile)
{
    /// <summary>Runs a kernel once, with all checks, on any machine that has NVRTC.</summary>
    /// <param name="compiler">The compiler.</param>
    /// <param name="description">The kernel.</param>
    /// <param name="seed">What the order of warps is drawn from.</param>
    /// <param name="architecture">What the simulator is: <c>compute_80</c>, or <c>compute_90a</c> for kernels that need Hopper's instructions.</param>
    /// <exception cref="GpuFaultException">The kernel did what it must not; the message names line, block and thread.</exception>
    public static ProfiledKernel Run(KernelCompiler compiler, KernelDescription description, int seed = 1, string architecture = "compute_80")
    {
        using var simulator = new PtxSimulator(new PtxSimulatorOptions { Profiles = true, TracesPaths = true, Units = UnitTable.Hopper, Seed = seed, Architecture = architecture });
        using var kernel = new PreparedKernel(simulator, compiler, description);
        kernel.Run();
        return new ProfiledKernel(description, kernel.Plan, simulator.TakeProfiles()[0] with { Kernel = kernel.Build.Entry.Name });
    }

    /// <summary>Predicts the launch on a GPU; the kernel is compiled for it to know its registers.</summary>
    /// <param name="compiler">The compiler.</param>
    /// <param name="gpu">The GPU.</param>
    public KernelPrediction Predict(KernelCompiler compiler, GpuSpecification gpu)
    {
        ArgumentNullException.ThrowIfNull(gpu);
        KernelBuild build = KernelBuild.Of(compiler, Description, Plan, gpu.Architecture);
        LaunchShape shape = Plan.Shape;
        Occupancy occupancy = Occupancy.Of(gpu, build.Resources!, shape.BlockX * shape.BlockY * shape.BlockZ, shape.SharedBytes);
        return KernelPredictor.Predict(gpu, Profile, Plan.ReadBytes, Plan.WrittenBytes, occupancy);
    }
}
