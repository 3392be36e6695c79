using System.Linq;
using System.Text;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Profiling;

/// <summary>Kernels of a few instructions of PTX whose critical path can be counted by hand, with latencies of round numbers.</summary>
internal static class PathKernel
{
    /// <summary>Latencies that tell who waited for what.</summary>
    public static readonly LatencyTable Round = new()
    {
        Arithmetic = 10, Half = 12, Double = 14, Special = 40, Shuffle = 50, Matrix = 60, Shared = 70, RemoteShared = 200, L1 = 100, L2 = 300, Memory = 1000,
        Barrier = 20, BarrierWarp = 1,
    };

    /// <summary>
    /// The profile of a kernel. Its first two instructions load the addresses of 64 KB of zeros, <c>%rd1</c>, to write to and, <c>%rd2</c>, to read from; so an empty body
    /// ends with the third instruction, at clock 3.
    /// </summary>
    public static KernelProfile Run(string body, LaunchShape shape, int seed = 1, int threads = 1, int launches = 1, string functions = "")
        => Run(body, shape, new PtxSimulatorOptions { Seed = seed, Threads = threads }, launches, functions);

    /// <summary>
    /// The profile of a kernel on a simulator of one's own, but for profiles and latencies, which are <see cref="Round"/>, and for whether times are those of what an assembler makes of it: of the
    /// instructions as they stand here, where nobody asks.
    /// </summary>
    public static KernelProfile Run(string body, LaunchShape shape, PtxSimulatorOptions options, int launches = 1, string functions = "", bool isAssembled = false)
    {
        const int Bytes = 65_536;
        using var simulator = new PtxSimulator(options with { Profiles = true, Latencies = Round, AssemblesPaths = isAssembled });
        byte[] image = Encoding.UTF8.GetBytes(
            $$"""
            .version 8.0
            .target sm_80
            .address_size 64
            {{functions}}
            .visible .entry k(.param .u64 k_param_0, .param .u64 k_param_1)
            {
              .reg .pred %p<9>;
              .reg .b32 %r<33>;
              .reg .f32 %f<33>;
              .reg .b64 %rd<9>;
              .shared .align 16 .b8 tile[4096];
              ld.param.u64 %rd1, [k_param_0];
              ld.param.u64 %rd2, [k_param_1];
              {{body}}
              ret;
            }
            """);
        GpuFunction function = simulator.GetFunction(simulator.LoadModule(image, "k.cu"), "k");
        GpuStream stream = simulator.CreateStream();
        var arguments = new ArgumentBlock(new byte[16]);
        for (int i = 0; i < 2; i++)
        {
            nint buffer = simulator.Allocate(Bytes);
            simulator.Fill(buffer, 0, Bytes, stream);
            arguments.Add(buffer);
        }

        for (int i = 0; i < launches; i++)
        {
            simulator.Launch(function, shape, arguments.Bytes, stream);
        }

        simulator.Synchronize(stream);
        return simulator.TakeProfiles().Single();
    }

    /// <summary>The path of one warp.</summary>
    public static double PathOf(string body) => Run(body, LaunchShape.Linear(1, 32)).LongestPath;
}
