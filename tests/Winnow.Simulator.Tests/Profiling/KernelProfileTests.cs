using System.Collections.Generic;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.TestSupport;

namespace Winnow.Simulator.Tests.Profiling;

/// <summary>Counts of small kernels against counts by hand.</summary>
public sealed class KernelProfileTests
{
    private static readonly KernelCompiler Compiler = new(cacheFolder: null);

    [Test]
    public void Profile_NeighboursTouchFourSectorsARequest()
    {
        KernelProfile profile = Run("out[i] = in[i];", LaunchShape.Linear(4, 256));

        Assert.That(profile.GlobalLoads, Is.EqualTo(new GlobalTraffic(32, 4096, 128)));
        Assert.That(profile.GlobalStores, Is.EqualTo(new GlobalTraffic(32, 4096, 128)));
        Assert.That((profile.GlobalLoads.Coalescing, profile.GlobalLoads.SectorsPerRequest), Is.EqualTo((1.0, 4.0)));
        Assert.That((profile.Kernel, profile.Launches, profile.Blocks), Is.EqualTo(("k", 1L, 4L)));
    }

    [TestCase("out[i] = in[8 * i];", 32)]
    [TestCase("out[i] = in[2 * i];", 8)]
    [TestCase("out[i] = in[i + 1];", 5)]
    [TestCase("out[i] = in[0];", 1)]
    [TestCase("out[i] = in[31 - i];", 4)]
    public void Profile_SectorsOfALoadDependOnItsPattern(string statement, int sectors)
    {
        KernelProfile profile = Run(statement, LaunchShape.Linear(1, 32));

        Assert.That(profile.GlobalLoads, Is.EqualTo(new GlobalTraffic(1, 128, sectors)));
        Assert.That(profile.GlobalStores, Is.EqualTo(new GlobalTraffic(1, 128, 4)));
    }

    [Test]
    public void Profile_VectorsOfSixteenBytesAreWhole()
        => Assert.That(
            Run("((int4*)out)[i] = ((int4*)in)[i];", LaunchShape.Linear(1, 64)).GlobalLoads,
            Is.EqualTo(new GlobalTraffic(2, 1024, 32)));

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(4)]
    [TestCase(8)]
    [TestCase(16)]
    [TestCase(32)]
    public void Profile_StrideInSharedMemoryConflictsAsOftenAsItIsWide(int stride)
    {
        KernelProfile profile = Run($"tile[{stride} * i] = in[i]; __syncthreads(); out[i] = tile[{stride} * (i ^ 1)];", LaunchShape.Linear(1, 32));

        Assert.That(profile.Shared, Is.EqualTo(new SharedTraffic(2, 256, 2 * stride, 2 * (stride - 1))));
        Assert.That(profile.Shared.ConflictFactor, Is.EqualTo(stride));
    }

    [Test]
    public void Profile_PaddingRemovesConflicts()
        => Assert.That(
            Run("tile[33 * i] = in[i]; __syncthreads(); out[i] = tile[33 * (i ^ 1)];", LaunchShape.Linear(1, 32)).Shared,
            Is.EqualTo(new SharedTraffic(2, 256, 2, 0)));

    [Test]
    public void Profile_MultiplyAddIsTwoOperations()
    {
        KernelProfile profile = Run("((float*)out)[i] = fmaf(((float*)in)[i], ((float*)in)[i + 1], 2.0f);", LaunchShape.Linear(2, 64));

        Assert.That((profile.Flops, profile.TensorFlops), Is.EqualTo((256L, 0L)));
        Assert.That(profile.Intensity, Is.EqualTo(256.0 / (4 * (4 + 5 + 4) * 32)));
    }

    [Test]
    public void Profile_MatrixProductCountsOnceForAWarp()
    {
        KernelProfile profile = Run(
            """
            float c0 = 0, c1 = 0, c2 = 0, c3 = 0; int a = in[i];
            asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%4,%4,%4}, {%4,%4}, {%0,%1,%2,%3};"
              : "+f"(c0), "+f"(c1), "+f"(c2), "+f"(c3) : "r"(a));
            out[i] = (int)c0;
            """,
            LaunchShape.Linear(1, 64));

        Assert.That((profile.TensorFlops, profile.Instructions[InstructionClass.Tensor]), Is.EqualTo((2L * 2 * 16 * 8 * 16, 2L)));
    }

    [Test]
    public void Profile_AtomicsAndCopiesAreCounted()
    {
        KernelProfile profile = Run(
            """
            atomicAdd(&in[0], 1);
            unsigned to = (unsigned)__cvta_generic_to_shared(tile + 4 * i);
            asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" :: "r"(to), "l"(in + 4 * i) : "memory");
            asm volatile("cp.async.wait_all;" ::: "memory");
            """,
            LaunchShape.Linear(1, 32));

        Assert.That(profile.GlobalAtomics, Is.EqualTo(new GlobalTraffic(1, 128, 1)));
        Assert.That(profile.GlobalLoads, Is.EqualTo(new GlobalTraffic(1, 512, 16)));
        Assert.That(profile.Shared, Is.EqualTo(new SharedTraffic(1, 512, 4, 0)));
    }

    [Test]
    public void Profile_LocalArraysCountTheirBytes()
        => Assert.That(
            Run("int local[8]; for (int j = 0; j < 8; j++) local[j] = in[j]; out[i] = local[in[i] & 7];", LaunchShape.Linear(1, 32)).LocalBytes,
            Is.EqualTo(32 * (32 + 4)));

    [TestCase("out[i] = twice(in[i]);")]
    [TestCase("out[i] = table[i];")]
    public void Profile_CallsAndConstantsAreNoTraffic(string statement)
    {
        KernelProfile profile = Run(statement, LaunchShape.Linear(1, 32));

        Assert.That((profile.LocalBytes, profile.Shared.Requests), Is.EqualTo((0L, 0L)));
        Assert.That(profile.GlobalLoads.Requests, Is.EqualTo(statement.Contains("in[i]") ? 1 : 0));
    }

    [Test]
    public void Profile_InstructionsAreCountedByClassAndLane()
    {
        const string Ptx =
            """
            .version 8.0
            .target sm_80
            .address_size 64
            .visible .entry k(.param .u64 k_param_0, .param .u64 k_param_1)
            {
              .reg .pred %p<2>;
              .reg .b32 %r<3>;
              .reg .b64 %rd<3>;
              ld.param.u64 %rd1, [k_param_0];
              mov.u32 %r1, %tid.x;
              and.b32 %r2, %r1, 3;
              setp.ne.u32 %p1, %r2, 0;
              @%p1 bra BEHIND;
              add.u32 %r2, %r2, 5;
            BEHIND:
              mul.wide.u32 %rd2, %r1, 4;
              add.s64 %rd1, %rd1, %rd2;
              @%p1 st.global.u32 [%rd1], %r2;
              bar.sync 0;
              ret;
            }
            """;

        KernelProfile profile = Profile(Encoding.UTF8.GetBytes(Ptx), LaunchShape.Linear(3, 64));

        Assert.That(
            profile.Instructions,
            Is.EquivalentTo(new Dictionary<InstructionClass, long>
            {
                [InstructionClass.ConstantMemory] = 6,
                [InstructionClass.Move] = 6,
                [InstructionClass.Comparison] = 6,
                [InstructionClass.Control] = 12,
                [InstructionClass.Integer] = 24,
                [InstructionClass.GlobalMemory] = 6,
                [InstructionClass.Barrier] = 6,
            }));
        Assert.That(profile.LaneInstructions, Is.EqualTo(6 * ((4 * 32) + 24 + 8 + (2 * 32) + 24 + (2 * 32))));
        Assert.That(profile.GlobalStores, Is.EqualTo(new GlobalTraffic(6, 6 * 24 * 4, 6 * 4)));
    }

    [Test]
    public void TakeProfiles_SumsLaunchesAndStartsAnew()
    {
        using var simulator = new PtxSimulator(new PtxSimulatorOptions { Profiles = true });
        byte[] image = Compile("out[i] = in[i];");
        Launch(simulator, image, LaunchShape.Linear(1, 32));
        Launch(simulator, image, LaunchShape.Linear(2, 64));

        KernelProfile profile = simulator.TakeProfiles().Single();
        Assert.That((profile.Launches, profile.Blocks, profile.GlobalLoads.Requests), Is.EqualTo((2L, 3L, 5L)));
        Assert.That(simulator.TakeProfiles(), Is.Empty);
    }

    [Test]
    public void TakeProfiles_WithoutTheOptionThereAreNone()
    {
        using var simulator = new PtxSimulator();
        Launch(simulator, Compile("out[i] = in[i];"), LaunchShape.Linear(1, 32));

        Assert.That(simulator.TakeProfiles(), Is.Empty);
    }

    /// <summary>The profile of a kernel of these statements, where i is the thread's number in the grid.</summary>
    private static KernelProfile Run(string statements, LaunchShape shape) => Profile(Compile(statements), shape);

    private static KernelProfile Profile(byte[] image, LaunchShape shape)
    {
        using var simulator = new PtxSimulator(new PtxSimulatorOptions { Profiles = true });
        Launch(simulator, image, shape);
        return simulator.TakeProfiles().Single();
    }

    private static byte[] Compile(string statements)
    {
        NvrtcSupport.Require();
        string source = $$"""
            __constant__ int table[32] = {1};
            __device__ __noinline__ int twice(int x) { return 2 * x; }
            extern "C" __global__ void k(int* out, int* in) {
              __shared__ __align__(16) int tile[1088];
              int i = blockIdx.x * blockDim.x + threadIdx.x;
              {{statements}}
            }
            """;
        return Compiler.Compile(new KernelSource("k.cu", source, new Dictionary<string, string>()), [], "compute_80");
    }

    private static void Launch(PtxSimulator simulator, byte[] image, LaunchShape shape)
    {
        const int Bytes = 4096 * sizeof(int);
        GpuStream stream = simulator.CreateStream();
        nint output = simulator.Allocate(Bytes);
        nint input = simulator.Allocate(Bytes);
        simulator.Fill(input, 1, Bytes, stream);
        var arguments = new ArgumentBlock(new byte[16]);
        arguments.Add(output);
        arguments.Add(input);
        simulator.Launch(simulator.GetFunction(simulator.LoadModule(image, "k.cu"), "k"), shape, arguments.Bytes, stream);
        simulator.Synchronize(stream);
    }
}
