using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Tests.Profiling;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>Where lanes that a branch parted come together again: however the code is laid out, what follows is executed once.</summary>
public sealed class LaneJoinTests
{
    // Three rounds; in each the first lane does something of its own, whose code lies behind the loop and leads back to its beginning.
    private const string LaneOfItsOwnInALoop = """
        mov.u32 %r1, %tid.x; setp.eq.u32 %p1, %r1, 0; mov.u32 %r2, 0;
        $next: add.u32 %r2, %r2, 1; ex2.approx.f32 %f1, %f1; setp.gt.u32 %p2, %r2, 3;
        @%p2 bra $done;
        @%p1 bra $own;
        bra.uni $next;
        $own: st.global.u32 [%rd1], %r2;
        bra.uni $next;
        $done:
        """;

    [TestCase(LaneOfItsOwnInALoop, 4, TestName = "Lanes_ThatLeaveALoopsBodyBackwardsMeetBeforeTheNextRound")]
    [TestCase("""
        mov.u32 %r1, %tid.x; and.b32 %r2, %r1, 3; bra.uni $choose;
        $after: ex2.approx.f32 %f1, %f1; bra.uni $done;
        $three: add.u32 %r4, %r1, 3; bra.uni $after;
        $choose: setp.eq.u32 %p1, %r2, 3; @%p1 bra $three;
        setp.eq.u32 %p2, %r2, 2; @%p2 bra $two;
        add.u32 %r4, %r1, 1; bra.uni $after;
        $two: add.u32 %r4, %r1, 2; bra.uni $after;
        $done:
        """, 1, TestName = "Lanes_OfThreeWaysMeetAtAPlaceBeforeThem")]
    [TestCase("""
        mov.u32 %r1, %tid.x; mov.u32 %r2, 0;
        $next: add.u32 %r2, %r2, 1; setp.le.u32 %p1, %r2, %r1; @%p1 bra $next;
        ex2.approx.f32 %f1, %f1;
        """, 1, TestName = "Lanes_OfAsManyRoundsAsTheirNumberMeetBehindTheLoop")]
    [TestCase("""
        mov.u32 %r1, %tid.x; setp.lt.u32 %p1, %r1, 5; setp.lt.u32 %p2, %r1, 20; mov.u32 %r2, 0;
        @%p1 exit;
        $next: add.u32 %r2, %r2, 1; @%p2 bra $some; bra.uni $on;
        $some: add.u32 %r3, %r1, 1;
        $on: ex2.approx.f32 %f1, %f1; setp.lt.u32 %p3, %r2, 2; @%p3 bra $next;
        """, 2, TestName = "Lanes_MeetWithoutThoseThatHaveEnded")]
    public void Lanes_MeetWhereAllWaysDo(string body, int times)
        => Assert.That(PathKernel.Run(body, LaunchShape.Linear(1, 32)).Instructions[InstructionClass.Special], Is.EqualTo(times));

    [Test]
    public void Lanes_OfAFunctionMeetThereAndInItsCaller()
    {
        const string Function = """
            .func own(.param .u32 own_param_0)
            {
              .reg .pred %p<2>; .reg .b32 %r<3>; .reg .f32 %f<2>;
              ld.param.u32 %r1, [own_param_0];
              and.b32 %r2, %r1, 1; setp.eq.u32 %p1, %r2, 1; bra.uni $choose;
              $after: ex2.approx.f32 %f1, %f1; ret;
              $choose: @%p1 bra $odd; bra.uni $after;
              $odd: add.u32 %r2, %r1, 1; bra.uni $after;
            }
            """;
        const string Body = """
            mov.u32 %r1, %tid.x; setp.lt.u32 %p1, %r1, 9; bra.uni $choose;
            $after: ex2.approx.f32 %f1, %f1; bra.uni $done;
            $choose: @%p1 bra $call; bra.uni $after;
            $call: { .param .b32 p0; st.param.b32 [p0+0], %r1; call.uni own, (p0); } bra.uni $after;
            $done:
            """;

        KernelProfile profile = PathKernel.Run(Body, LaunchShape.Linear(1, 32), functions: Function);

        Assert.That(profile.Instructions[InstructionClass.Special], Is.EqualTo(2));
    }

    // The other lanes are where all ways meet, and what the first one waits for is theirs to do behind it.
    [Test]
    public void Lanes_GoOnWithoutOneThatWaitsForThem()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(int* out) {
              __shared__ __align__(8) unsigned long long barrier;
              unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(&barrier));
              if (threadIdx.x == 0) asm volatile("mbarrier.init.shared.b64 [%0], 31;" ::"r"(at) : "memory");
              __syncwarp();
              if (threadIdx.x == 0) {
                asm volatile("{.reg .pred p; again: mbarrier.test_wait.parity.shared.b64 p, [%0], 0; @!p bra again;}" ::"r"(at) : "memory");
              }
              if (threadIdx.x != 0) asm volatile("mbarrier.arrive.shared.b64 _, [%0];" ::"r"(at) : "memory");
              out[threadIdx.x] = threadIdx.x + 1;
            }
            """);
        nint output = kernel.Buffer(128);

        kernel.Launch(LaunchShape.Linear(1, 32), output);

        Assert.That(kernel.Read<int>(output, 32), Is.EqualTo(Enumerable.Range(1, 32)));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void Results_OfNestedLoopsAndLeapsAreThoseOfEachLaneAlone(int seed)
    {
        using SimulatedKernel kernel = new(
            """
            extern "C" __global__ void test(unsigned* out, const unsigned* in, int rounds) {
              unsigned v = in[threadIdx.x];
            #pragma unroll 1
              for (int i = 0; i < rounds; ++i) {
                v = v * 1664525u + 1013904223u;
                unsigned kind = v >> 29;
                if (kind == 0) continue;
                if (kind == 7 && (v & 0x40000) != 0) break;
            #pragma unroll 1
                for (unsigned j = 0; j < kind; ++j) {
                  if (((v >> j) & 9) == 9) break;
                  switch (v >> 8 & 3) {
                    case 0: v ^= v << 7; break;
                    case 1: if (v & 2) { v += j; continue; } v = ~v; break;
                    case 2: return;
                    default: v = __popc(v) * 77777u + v;
                  }
                  out[32 + threadIdx.x] += v & 0xff;
                }
                out[threadIdx.x] = v;
              }
            }
            """,
            new PtxSimulatorOptions { Seed = seed });
        uint[] values = [.. Enumerable.Range(0, 32).Select(i => ((uint)i + 3) * 2_654_435_761u)];
        nint output = kernel.Buffer<uint>(new uint[64]);

        kernel.Launch(LaunchShape.Linear(1, 32), output, kernel.Buffer<uint>(values), 40);

        uint[] expected = [.. values.Select(value => Walk(value, 40).Value), .. values.Select(value => Walk(value, 40).Sum)];
        Assert.That(kernel.Read<uint>(output, 64), Is.EqualTo(expected));
    }

    private static (uint Value, uint Sum) Walk(uint v, int rounds)
    {
        (uint value, uint sum) = (0, 0);
        for (int i = 0; i < rounds; i++)
        {
            v = (v * 1664525u) + 1013904223u;
            uint kind = v >> 29;
            if (kind == 0)
            {
                continue;
            }

            if (kind == 7 && (v & 0x40000) != 0)
            {
                break;
            }

            for (int j = 0; j < kind && ((v >> j) & 9) != 9; j++)
            {
                switch ((v >> 8) & 3)
                {
                    case 0:
                        v ^= v << 7;
                        break;
                    case 1 when (v & 2) != 0:
                        v += (uint)j;
                        continue;
                    case 1:
                        v = ~v;
                        break;
                    case 2:
                        return (value, sum);
                    default:
                        v = ((uint)System.Numerics.BitOperations.PopCount(v) * 77777u) + v;
                        break;
                }

                sum += v & 0xff;
            }

            value = v;
        }

        return (value, sum);
    }
}
