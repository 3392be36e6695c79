namespace Winnow.Simulator.Tests.Faults;

/// <summary>Instructions of Hopper for kernels of tests: macros of CUDA C++, so that findings are reported where they are used.</summary>
internal static class HopperCode
{
    /// <summary>The architecture that has them.</summary>
    public const string Architecture = "compute_90a";

    /// <summary>Mbarriers; <c>TRY</c> and <c>TEST</c> set their first operand.</summary>
    public const string Mbarriers = """
        typedef unsigned long long u64;
        #define SH(p) ((unsigned)__cvta_generic_to_shared(p))
        #define MBAR_INIT(b, n) asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" :: "r"(SH(b)), "r"(n) : "memory")
        #define MBAR_INVAL(b) asm volatile("mbarrier.inval.shared.b64 [%0];" :: "r"(SH(b)) : "memory")
        #define MBAR_ARRIVE(b) asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" :: "r"(SH(b)) : "memory")
        #define MBAR_ARRIVE_STATE(s, b) asm volatile("mbarrier.arrive.shared.b64 %0, [%1];" : "=l"(s) : "r"(SH(b)) : "memory")
        #define MBAR_ARRIVE_MANY(b, n) asm volatile("mbarrier.arrive.release.cta.shared::cta.b64 _, [%0], %1;" :: "r"(SH(b)), "r"(n) : "memory")
        #define MBAR_EXPECT(b, n) asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" :: "r"(SH(b)), "r"(n) : "memory")
        #define MBAR_TRY(ok, b, p) asm volatile("{.reg .pred p; mbarrier.try_wait.parity.shared.b64 p, [%1], %2; selp.s32 %0, 1, 0, p;}" : "=r"(ok) : "r"(SH(b)), "r"(p) : "memory")
        #define MBAR_TEST(ok, b, s) asm volatile("{.reg .pred p; mbarrier.test_wait.shared.b64 p, [%1], %2; selp.s32 %0, 1, 0, p;}" : "=r"(ok) : "r"(SH(b)), "l"(s) : "memory")
        #define MBAR_WAIT(b, p) { int ok_ = 0; while (!ok_) MBAR_TRY(ok_, b, p); }

        """;
}
