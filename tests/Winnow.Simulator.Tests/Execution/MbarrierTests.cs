using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Tests.Faults;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>What mbarriers count, and who waits for whom.</summary>
public sealed class MbarrierTests
{
    private const int Seeds = 10;

    private static int[] Run(string kernel, int threads, int seed, int[] input)
    {
        using SimulatedKernel test = new(HopperCode.Mbarriers + kernel, new PtxSimulatorOptions { Architecture = HopperCode.Architecture, Seed = seed });
        nint result = test.Buffer(threads * sizeof(int));
        test.Launch(LaunchShape.Linear(1, threads), result, test.Buffer<int>(input));
        return test.Read<int>(result, threads);
    }

    [Test]
    public void Launch_OfRingBetweenWarpsHandsOverEveryStage()
    {
        const string kernel = """
            extern "C" __global__ void test(int* out, const int* in) {
              __shared__ u64 full[2], empty[2];
              __shared__ int tile[2][32];
              int lane = threadIdx.x % 32, sum = 0;
              if (threadIdx.x == 0) for (int s = 0; s < 2; s++) { MBAR_INIT(full + s, 32); MBAR_INIT(empty + s, 32); }
              __syncthreads();
              for (int j = 0; j < 9; j++) {
                int s = j % 2, phase = j / 2 & 1;
                if (threadIdx.x < 32) {
                  MBAR_WAIT(empty + s, phase ^ 1);
                  tile[s][lane] = in[j * 32 + lane];
                  MBAR_ARRIVE(full + s);
                } else {
                  MBAR_WAIT(full + s, phase);
                  sum += (j + 1) * tile[s][31 - lane];
                  MBAR_ARRIVE(empty + s);
                }
              }
              out[threadIdx.x] = sum;
            }
            """;
        int[] input = [.. Enumerable.Range(0, 9 * 32).Select(i => (i * 37) % 101)];
        int[] expected = [.. Enumerable.Range(0, 64).Select(i => i < 32 ? 0 : Enumerable.Range(0, 9).Sum(j => (j + 1) * input[(j * 32) + 63 - i]))];

        for (int seed = 1; seed <= Seeds; seed++)
        {
            Assert.That(Run(kernel, 64, seed, input), Is.EqualTo(expected), $"seed {seed}");
        }
    }

    [Test]
    public void Launch_OfLanesThatTestLetsTheOneTheyWaitForGoOn()
    {
        const string kernel = """
            extern "C" __global__ void test(int* out, const int* in) {
              __shared__ u64 bar;
              int i = threadIdx.x, ok = 0, value = 0;
              u64 state;
              if (i == 0) MBAR_INIT(&bar, 32);
              __syncwarp();
              if (i != 5) {
                MBAR_ARRIVE_STATE(state, &bar);
                while (!ok) MBAR_TEST(ok, &bar, state);
              } else {
                for (int j = 0; j < 100; j++) value += in[j];
                MBAR_ARRIVE(&bar);
              }
              out[i] = value + ok;
            }
            """;
        int[] expected = [.. Enumerable.Range(0, 32).Select(i => i == 5 ? 4950 : 1)];

        Assert.That(Run(kernel, 32, 1, [.. Enumerable.Range(0, 100)]), Is.EqualTo(expected));
    }

    [Test]
    public void Launch_OfWaitWithoutALoopShowsUpUnderSomeSeed()
    {
        const string kernel = """
            extern "C" __global__ void test(int* out, const int* in) {
              __shared__ u64 bar;
              __shared__ int tile[32];
              int i = threadIdx.x % 32, ok;
              if (threadIdx.x == 0) MBAR_INIT(&bar, 32);
              __syncthreads();
              if (threadIdx.x < 32) {
                tile[i] = in[i];
                MBAR_ARRIVE(&bar);
              } else {
                MBAR_TRY(ok, &bar, 0);
                out[threadIdx.x] = tile[i];
              }
            }
            """;

        int found = Enumerable.Range(1, 2 * Seeds).Count(seed => IsFaulty(kernel, seed));

        Assert.That(found, Is.InRange(1, (2 * Seeds) - 1));
    }

    private static bool IsFaulty(string kernel, int seed)
    {
        try
        {
            Run(kernel, 64, seed, new int[32]);
            return false;
        }
        catch (GpuFaultException)
        {
            return true;
        }
    }

    [Test]
    public void Launch_OfBytesCompletesPhaseWhenAllHaveCome()
    {
        const string kernel = """
            extern "C" __global__ void test(int* out, const int* in) {
              __shared__ u64 bar;
              int before, after;
              u64 state;
              MBAR_INIT(&bar, 2);
              MBAR_ARRIVE_STATE(state, &bar);
              asm volatile("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%0], %1;" :: "r"(SH(&bar)), "r"(in[0]) : "memory");
              MBAR_EXPECT(&bar, in[1]);
              MBAR_TEST(before, &bar, state);
              asm volatile("mbarrier.complete_tx.relaxed.cta.shared::cta.b64 [%0], %1;" :: "r"(SH(&bar)), "r"(in[0] + in[1]) : "memory");
              MBAR_TEST(after, &bar, state);
              out[0] = before * 10 + after;
            }
            """;

        Assert.That(Run(kernel, 1, 1, [48, 16])[0], Is.EqualTo(1));
    }

    [Test]
    public void Launch_OfArrivalsTellsHowManyWereMissing()
    {
        const string kernel = """
            extern "C" __global__ void test(int* out, const int* in) {
              __shared__ u64 bar;
              u64 state;
              MBAR_INIT(&bar, 6);
              MBAR_ARRIVE_MANY(&bar, 2);
              asm volatile("mbarrier.arrive.noComplete.shared.b64 %0, [%1], 3;" : "=l"(state) : "r"(SH(&bar)) : "memory");
              asm volatile("mbarrier.pending_count.b64 %0, %1;" : "=r"(out[0]) : "l"(state));
              asm volatile("mbarrier.arrive_drop.shared.b64 _, [%0];" :: "r"(SH(&bar)) : "memory");
              MBAR_ARRIVE_STATE(state, &bar);
              asm volatile("{.reg .u32 c; mbarrier.pending_count.b64 c, %1; mad.lo.u32 %0, c, 100, %0;}" : "+r"(out[0]) : "l"(state));
            }
            """;

        Assert.That(Run(kernel, 1, 1, [0])[0], Is.EqualTo(504), "4 before the three arrivals; 5 in the next phase, which one dropped out of");
    }

    [TestCase(".noinc", 32)]
    [TestCase("", 33)]
    public void Launch_OfCopiesArrivesWhenTheyHaveCome(string kind, int arrivals)
    {
        string kernel = $$"""
            extern "C" __global__ void test(int* out, const int* in) {
              __shared__ u64 bar;
              __shared__ int tile[32];
              int i = threadIdx.x % 32;
              if (threadIdx.x == 0) MBAR_INIT(&bar, {{arrivals}});
              __syncthreads();
              if (threadIdx.x < 32) {
                asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"(SH(tile + i)), "l"(in + i) : "memory");
                asm volatile("cp.async.mbarrier.arrive{{kind}}.shared.b64 [%0];" :: "r"(SH(&bar)) : "memory");
                if ({{arrivals}} == 33) { MBAR_ARRIVE(&bar); if (i == 0) MBAR_ARRIVE(&bar); }
              }
              MBAR_WAIT(&bar, 0);
              out[threadIdx.x] = tile[31 - i];
            }
            """;
        int[] input = [.. Enumerable.Range(7, 32)];
        int[] expected = [.. Enumerable.Range(0, 64).Select(i => input[31 - (i % 32)])];

        for (int seed = 1; seed <= Seeds; seed++)
        {
            Assert.That(Run(kernel, 64, seed, input), Is.EqualTo(expected), $"seed {seed}");
        }
    }
}
