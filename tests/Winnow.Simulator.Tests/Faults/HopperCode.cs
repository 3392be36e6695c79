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

    /// <summary>Bulk copies.</summary>
    public const string Copies = """
        #define FENCE_INIT() asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory")
        #define FENCE_ASYNC() asm volatile("fence.proxy.async.shared::cta;" ::: "memory")
        #define BULK_LOAD(to, from, n, b) asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" :: "r"(SH(to)), "l"(from), "r"(n), "r"(SH(b)) : "memory")
        #define BULK_STORE(to, from, n) asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" :: "l"(to), "r"(SH(from)), "r"(n) : "memory")
        #define BULK_COMMIT() asm volatile("cp.async.bulk.commit_group;" ::: "memory")
        #define BULK_WAIT_READ(n) asm volatile("cp.async.bulk.wait_group.read %0;" :: "n"(n) : "memory")
        #define BULK_WAIT(n) asm volatile("cp.async.bulk.wait_group %0;" :: "n"(n) : "memory")

        """;

    /// <summary>Launches that begin before the one before them has ended.</summary>
    public const string Dependence = """
        #define GRID_WAIT() asm volatile("griddepcontrol.wait;" ::: "memory")
        #define GRID_LAUNCH() asm volatile("griddepcontrol.launch_dependents;" ::: "memory")

        """;

    /// <summary>Bulk copies of boxes of two dimensions.</summary>
    public const string Tensors = """
        struct __align__(64) Map { char bytes[128]; };
        #define TENSOR_LOAD(to, map, x, y, b) asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];" :: "r"(SH(to)), "l"(&map), "r"(x), "r"(y), "r"(SH(b)) : "memory")
        #define TENSOR_MULTICAST(to, map, x, y, b, mask) asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1, {%2, %3}], [%4], %5;" :: "r"(SH(to)), "l"(&map), "r"(x), "r"(y), "r"(SH(b)), "h"((short)(mask)) : "memory")
        #define TENSOR_STORE(map, x, y, from) asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%0, {%1, %2}], [%3];" :: "l"(&map), "r"(x), "r"(y), "r"(SH(from)) : "memory")

        """;

    /// <summary>
    /// Clusters; <c>MAP</c> sets its first operand to the address in the block of a rank. What is in that block is read and written by <c>LD_BLOCK</c> and
    /// <c>ST_BLOCK</c>.
    /// </summary>
    public const string Clusters = """
        #define RANK(r) asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(r))
        #define MAP(a, p, r) asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(a) : "r"(SH(p)), "r"(r))
        #define LD_BLOCK(v, a) asm volatile("ld.shared::cluster.s32 %0, [%1];" : "=r"(v) : "r"(a) : "memory")
        #define ST_BLOCK(a, v) asm volatile("st.shared::cluster.s32 [%0], %1;" :: "r"(a), "r"(v) : "memory")
        #define CLUSTER_ARRIVE() asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory")
        #define CLUSTER_ARRIVE_RELAXED() asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::: "memory")
        #define CLUSTER_WAIT() asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory")
        #define CLUSTER_SYNC() { CLUSTER_ARRIVE(); CLUSTER_WAIT(); }
        #define MBAR_ARRIVE_BLOCK(a) asm volatile("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" :: "r"(a) : "memory")
        #define MBAR_WAIT_CLUSTER(b, p) { int ok_ = 0; while (!ok_) asm volatile("{.reg .pred p; mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 p, [%1], %2; selp.s32 %0, 1, 0, p;}" : "=r"(ok_) : "r"(SH(b)), "r"(p) : "memory"); }
        #define BULK_MULTICAST(to, from, n, b, mask) asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1], %2, [%3], %4;" :: "r"(SH(to)), "l"(from), "r"(n), "r"(SH(b)), "h"((short)(mask)) : "memory")
        #define ST_ASYNC(a, v, b) asm volatile("st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.u32 [%0], %1, [%2];" :: "r"(a), "r"(v), "r"(b) : "memory")
        #define COPY_TO_BLOCK(a, from, n, b) asm volatile("cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" :: "r"(a), "r"(SH(from)), "r"(n), "r"(b) : "memory")

        """;

    /// <summary>Products of warpgroups, of 8 columns; a descriptor without swizzle whose rows of eight and whose steps of k are side by side.</summary>
    public const string Products = """
        #define DESC(p, rows) ((u64)(SH(p) >> 4) | (u64)((rows) * 16 >> 4) << 16 | (u64)(128 >> 4) << 32)
        #define WGMMA_FENCE() asm volatile("wgmma.fence.sync.aligned;" ::: "memory")
        #define WGMMA_COMMIT() asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory")
        #define WGMMA_WAIT(n) asm volatile("wgmma.wait_group.sync.aligned %0;" :: "n"(n) : "memory")
        #define WGMMA_SS(d, a, b) asm volatile("{.reg .pred p; setp.eq.u32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%0,%1,%2,%3}, %4, %5, p, 1, 1, 0, 0;}" : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "l"(a), "l"(b) : "memory")
        #define WGMMA_BYTES(d, a, b) asm volatile("{.reg .pred p; setp.eq.u32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n8k32.f32.e5m2.e4m3 {%0,%1,%2,%3}, %4, %5, p, 1, 1;}" : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "l"(a), "l"(b) : "memory")
        #define WGMMA_RS(d, a, b) asm volatile("{.reg .pred p; setp.eq.u32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%0,%1,%2,%3}, {%4,%4,%4,%4}, %5, p, 1, 1, 0;}" : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a), "l"(b) : "memory")

        """;
}
