// hopper.cuh - what compute capability 9.0a has beyond its forerunners: mbarriers, bulk copies of tensors, products of warpgroups (wgmma), the
// exchange of registers between warpgroups.
//
// Tiles of 16-bit factors lie in shared memory as bulk copies with a swizzle of 128 bytes leave them: lines of 64 values, 128 bytes, whose pieces of 16
// bytes are exchanged by the number of the line modulo 8. Eight lines are 1024 bytes, and every tile begins at a multiple of 1024.
#pragma once
#include "common/barrier.cuh"
#include "common/mma.cuh"
#include "common/types.cuh"

constexpr int kWarpgroupSize = 128;

// ---- mbarriers ----------------------------------------------------------------------------------------------
// One thread makes a barrier of so many arrivals a phase. PTX ISA 9.7.13.15.9 (mbarrier.init)
__device__ __forceinline__ void barrier_init(u64* barrier, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(arrivals) : "memory");
}

// Makes new barriers known to bulk copies. PTX ISA 9.7.13.4 (fence.mbarrier_init)
__device__ __forceinline__ void barrier_init_fence() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }

// PTX ISA 9.7.13.15.13 (mbarrier.arrive)
__device__ __forceinline__ void barrier_arrive(u64* barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(barrier)) : "memory");
}

// Arrives, and lets the phase wait for so many bytes of bulk copies besides. PTX ISA 9.7.13.15.13 (mbarrier.arrive.expect_tx)
__device__ __forceinline__ void barrier_expect(u64* barrier, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(barrier)), "r"(bytes) : "memory");
}

// Waits for the end of the phase of that parity: the first phase has 0, and of a new barrier the phase before it, 1, is over.
// PTX ISA 9.7.13.15.16 (mbarrier.try_wait)
__device__ __forceinline__ void barrier_wait(u64* barrier, int parity) {
  u32 done;
  do {
    asm volatile("{.reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p;}"
                 : "=r"(done)
                 : "r"(shared_address(barrier)), "r"(parity)
                 : "memory");
  } while (done == 0);
}

// ---- bulk copies --------------------------------------------------------------------------------------------
// An encoded tensor map, a __grid_constant__ parameter of a kernel: GpuDriver.EncodeTensorMap.
struct alignas(64) TensorMap {
  u8 bytes[128];
};

// Brings a map near, which is fetched otherwise when the first box is copied. PTX ISA 9.7.9.15 (prefetch.tensormap)
__device__ __forceinline__ void prefetch_map(const TensorMap& map) { asm volatile("prefetch.tensormap [%0];" ::"l"(&map) : "memory"); }

// Chooses one lane of a whole warp. What it alone does takes operands as they are; of any other lane an assembler does not know that it is alone, and takes
// them lane by lane. PTX ISA 9.7.14.12 (elect.sync)
__device__ __forceinline__ bool elect_lane() {
  u32 chosen;
  asm volatile("{.reg .pred p; elect.sync _|p, 0xffffffff; selp.u32 %0, 1, 0, p;}" : "=r"(chosen)::"memory");
  return chosen != 0;
}

// One thread copies the box at (column, row) of a map to shared memory and counts its bytes at a barrier. A box begins on 16 bytes of a row of the array, or
// the instruction is an illegal one. PTX ISA 9.7.9.27.1 (cp.async.bulk.tensor)
__device__ __forceinline__ void copy_box(void* shared, const TensorMap& map, int column, int row, u64* barrier) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];" ::"r"(shared_address(shared)),
      "l"(&map), "r"(column), "r"(row), "r"(shared_address(barrier))
      : "memory");
}

// One thread copies bytes, a multiple of 16 between addresses that are multiples of 16. PTX ISA 9.7.9.25.4 (cp.async.bulk)
__device__ __forceinline__ void copy_bulk(void* shared, const void* global, int bytes, u64* barrier) {
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(shared_address(shared)), "l"(global),
               "r"(bytes), "r"(shared_address(barrier))
               : "memory");
}

// One thread copies a box from shared memory to (column, row) of a map; what lies past the array is not written. PTX ISA 9.7.9.27.1 (cp.async.bulk.tensor)
__device__ __forceinline__ void copy_box_back(const TensorMap& map, int column, int row, const void* shared) {
  asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%0, {%1, %2}], [%3];" ::"l"(&map), "r"(column), "r"(row),
               "r"(shared_address(shared))
               : "memory");
}

// Closes a group of copies back. PTX ISA 9.7.9.25.3.1 (cp.async.bulk.commit_group)
__device__ __forceinline__ void copy_back_commit() { asm volatile("cp.async.bulk.commit_group;" ::: "memory"); }

// Waits until at most kPending of this thread's newest groups still read shared memory. PTX ISA 9.7.9.25.3.2 (cp.async.bulk.wait_group)
template <int kPending>
__device__ __forceinline__ void copy_back_wait_read() {
  asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(kPending) : "memory");
}

// Lets bulk copies and warpgroups' products see what this thread wrote to shared memory. PTX ISA 9.7.13.4 (fence.proxy.async)
__device__ __forceinline__ void fence_async() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// ---- registers of a warpgroup -------------------------------------------------------------------------------
// All warps of a warpgroup give registers back, or take them. PTX ISA 9.7.19.5 (setmaxnreg)
template <int kRegisters>
__device__ __forceinline__ void give_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

template <int kRegisters>
__device__ __forceinline__ void take_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

// ---- products of warpgroups ---------------------------------------------------------------------------------
// A product is [64, 16] times [16, N]: warp w of the four has rows 16 w to 16 w + 15, and of those what a lane of m16n8k16 has (mma.cuh), d[n] being
// columns 8 n to 8 n + 7. Products are asynchronous: between product_fence and product_wait nobody touches their registers.

// Registers were written for products to come. PTX ISA 9.7.15.7.1 (wgmma.fence)
__device__ __forceinline__ void product_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

// PTX ISA 9.7.15.7.2 (wgmma.commit_group)
__device__ __forceinline__ void product_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

// Waits until at most kPending of the newest groups are on their way. PTX ISA 9.7.15.7.3 (wgmma.wait_group)
template <int kPending>
__device__ __forceinline__ void product_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
}

// Keeps the compiler from moving what it does with sums across this place.
template <int kGroups>
__device__ __forceinline__ void product_hold(float (&d)[kGroups][4]) {
#pragma unroll
  for (int n = 0; n < kGroups; ++n) asm volatile("" : "+f"(d[n][0]), "+f"(d[n][1]), "+f"(d[n][2]), "+f"(d[n][3])::"memory");
}

// A factor whose lines are rows (of A) or columns (of B) of 64 values of k; the next 16 values of k begin 32 bytes further on. PTX ISA 9.7.15.5.1
__device__ constexpr u64 factor_by_k(u32 address) {
  return static_cast<u64>((address & 0x3ffff) >> 4) | (1ull << 16) | (static_cast<u64>(1024 >> 4) << 32) | (1ull << 62);
}

// A factor B whose lines are 64 columns of one k; the next 16 values of k begin 2048 bytes further on, the next 64 columns `next` bytes.
__device__ constexpr u64 factor_by_columns(u32 address, int next) {
  return static_cast<u64>((address & 0x3ffff) >> 4) | (static_cast<u64>(next >> 4) << 16) | (static_cast<u64>(1024 >> 4) << 32) | (1ull << 62);
}

// Lists of the registers of 16, 32, ... columns: their numbers in the text of an instruction, and the operands.
#define HOPPER_TEXT_1 "%0, %1, %2, %3, %4, %5, %6, %7"
#define HOPPER_TEXT_2 HOPPER_TEXT_1 ", %8, %9, %10, %11, %12, %13, %14, %15"
#define HOPPER_TEXT_3 HOPPER_TEXT_2 ", %16, %17, %18, %19, %20, %21, %22, %23"
#define HOPPER_TEXT_4 HOPPER_TEXT_3 ", %24, %25, %26, %27, %28, %29, %30, %31"
#define HOPPER_TEXT_5 HOPPER_TEXT_4 ", %32, %33, %34, %35, %36, %37, %38, %39"
#define HOPPER_TEXT_6 HOPPER_TEXT_5 ", %40, %41, %42, %43, %44, %45, %46, %47"
#define HOPPER_TEXT_7 HOPPER_TEXT_6 ", %48, %49, %50, %51, %52, %53, %54, %55"
#define HOPPER_TEXT_8 HOPPER_TEXT_7 ", %56, %57, %58, %59, %60, %61, %62, %63"
#define HOPPER_TEXT_9 HOPPER_TEXT_8 ", %64, %65, %66, %67, %68, %69, %70, %71"
#define HOPPER_TEXT_10 HOPPER_TEXT_9 ", %72, %73, %74, %75, %76, %77, %78, %79"
#define HOPPER_TEXT_11 HOPPER_TEXT_10 ", %80, %81, %82, %83, %84, %85, %86, %87"
#define HOPPER_TEXT_12 HOPPER_TEXT_11 ", %88, %89, %90, %91, %92, %93, %94, %95"
#define HOPPER_TEXT_13 HOPPER_TEXT_12 ", %96, %97, %98, %99, %100, %101, %102, %103"
#define HOPPER_TEXT_14 HOPPER_TEXT_13 ", %104, %105, %106, %107, %108, %109, %110, %111"
#define HOPPER_TEXT_15 HOPPER_TEXT_14 ", %112, %113, %114, %115, %116, %117, %118, %119"
#define HOPPER_TEXT_16 HOPPER_TEXT_15 ", %120, %121, %122, %123, %124, %125, %126, %127"
#define HOPPER_SIXTEEN(d, n) \
  "+f"(d[n][0]), "+f"(d[n][1]), "+f"(d[n][2]), "+f"(d[n][3]), "+f"(d[n + 1][0]), "+f"(d[n + 1][1]), "+f"(d[n + 1][2]), "+f"(d[n + 1][3])
#define HOPPER_SUMS_1(d) HOPPER_SIXTEEN(d, 0)
#define HOPPER_SUMS_2(d) HOPPER_SUMS_1(d), HOPPER_SIXTEEN(d, 2)
#define HOPPER_SUMS_3(d) HOPPER_SUMS_2(d), HOPPER_SIXTEEN(d, 4)
#define HOPPER_SUMS_4(d) HOPPER_SUMS_3(d), HOPPER_SIXTEEN(d, 6)
#define HOPPER_SUMS_5(d) HOPPER_SUMS_4(d), HOPPER_SIXTEEN(d, 8)
#define HOPPER_SUMS_6(d) HOPPER_SUMS_5(d), HOPPER_SIXTEEN(d, 10)
#define HOPPER_SUMS_7(d) HOPPER_SUMS_6(d), HOPPER_SIXTEEN(d, 12)
#define HOPPER_SUMS_8(d) HOPPER_SUMS_7(d), HOPPER_SIXTEEN(d, 14)
#define HOPPER_SUMS_9(d) HOPPER_SUMS_8(d), HOPPER_SIXTEEN(d, 16)
#define HOPPER_SUMS_10(d) HOPPER_SUMS_9(d), HOPPER_SIXTEEN(d, 18)
#define HOPPER_SUMS_11(d) HOPPER_SUMS_10(d), HOPPER_SIXTEEN(d, 20)
#define HOPPER_SUMS_12(d) HOPPER_SUMS_11(d), HOPPER_SIXTEEN(d, 22)
#define HOPPER_SUMS_13(d) HOPPER_SUMS_12(d), HOPPER_SIXTEEN(d, 24)
#define HOPPER_SUMS_14(d) HOPPER_SUMS_13(d), HOPPER_SIXTEEN(d, 26)
#define HOPPER_SUMS_15(d) HOPPER_SUMS_14(d), HOPPER_SIXTEEN(d, 28)
#define HOPPER_SUMS_16(d) HOPPER_SUMS_15(d), HOPPER_SIXTEEN(d, 30)

// The text of an instruction: `adds` says whether it adds to what the sums are, `transposed` how factors lie.
#define HOPPER_PRODUCT(type, columns, sixteens, a, b, adds, transposed)                                                                    \
  "{.reg .pred p; setp.ne.b32 p, " adds ", 0; wgmma.mma_async.sync.aligned.m64n" #columns "k16.f32." type "." type " {" HOPPER_TEXT_##sixteens \
  "}, " a ", " b ", p, 1, 1, " transposed ";}"

// n0, n1, ... are the numbers of the operands after the sums.
#define HOPPER_SHARED(type, columns, sixteens, n0, n1, n2, n3, n4, n5)                                           \
  asm volatile(HOPPER_PRODUCT(type, columns, sixteens, "%" #n0, "%" #n1, "%" #n2, "0, 0")                        \
               : HOPPER_SUMS_##sixteens(d)                                                                       \
               : "l"(a), "l"(b), "r"(static_cast<int>(adds)))

#define HOPPER_REGISTERS(transposed, type, columns, sixteens, n0, n1, n2, n3, n4, n5)                                                        \
  asm volatile(HOPPER_PRODUCT(type, columns, sixteens, "{%" #n0 ", %" #n1 ", %" #n2 ", %" #n3 "}", "%" #n4, "%" #n5, transposed)             \
               : HOPPER_SUMS_##sixteens(d)                                                                                                   \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(static_cast<int>(adds)))
#define HOPPER_BY_K(...) HOPPER_REGISTERS("0", __VA_ARGS__)
#define HOPPER_BY_COLUMNS(...) HOPPER_REGISTERS("1", __VA_ARGS__)

#define HOPPER_SIZE(form, columns, ...)        \
  if constexpr (8 * kGroups == columns) {      \
    if constexpr (is_brain<T>()) {             \
      form("bf16", columns, __VA_ARGS__);      \
    } else {                                   \
      form("f16", columns, __VA_ARGS__);       \
    }                                          \
  }

#define HOPPER_SIZES(form)                                                               \
  static_assert(kGroups % 2 == 0 && kGroups <= 32, "a product has 16, 32, ... 256 columns"); \
  HOPPER_SIZE(form, 16, 1, 8, 9, 10, 11, 12, 13) \
  HOPPER_SIZE(form, 32, 2, 16, 17, 18, 19, 20, 21) \
  HOPPER_SIZE(form, 48, 3, 24, 25, 26, 27, 28, 29) \
  HOPPER_SIZE(form, 64, 4, 32, 33, 34, 35, 36, 37) \
  HOPPER_SIZE(form, 80, 5, 40, 41, 42, 43, 44, 45) \
  HOPPER_SIZE(form, 96, 6, 48, 49, 50, 51, 52, 53) \
  HOPPER_SIZE(form, 112, 7, 56, 57, 58, 59, 60, 61) \
  HOPPER_SIZE(form, 128, 8, 64, 65, 66, 67, 68, 69) \
  HOPPER_SIZE(form, 144, 9, 72, 73, 74, 75, 76, 77) \
  HOPPER_SIZE(form, 160, 10, 80, 81, 82, 83, 84, 85) \
  HOPPER_SIZE(form, 176, 11, 88, 89, 90, 91, 92, 93) \
  HOPPER_SIZE(form, 192, 12, 96, 97, 98, 99, 100, 101) \
  HOPPER_SIZE(form, 208, 13, 104, 105, 106, 107, 108, 109) \
  HOPPER_SIZE(form, 224, 14, 112, 113, 114, 115, 116, 117) \
  HOPPER_SIZE(form, 240, 15, 120, 121, 122, 123, 124, 125) \
  HOPPER_SIZE(form, 256, 16, 128, 129, 130, 131, 132, 133)

// d = a * b, or d += a * b where `adds`, of 8 kGroups columns; both factors in shared memory, by k. PTX ISA 9.7.15.5.2 (wgmma.mma_async)
template <typename T, int kGroups>
__device__ __forceinline__ void product_shared(float (&d)[kGroups][4], u64 a, u64 b, bool adds) {
  HOPPER_SIZES(HOPPER_SHARED)
}

// The same of a first factor in registers, as m16n8k16 has it, and a second one by k.
template <typename T, int kGroups>
__device__ __forceinline__ void product_registers(float (&d)[kGroups][4], const u32 (&a)[4], u64 b, bool adds) {
  HOPPER_SIZES(HOPPER_BY_K)
}

// The same of a first factor in registers, and a second one by columns.
template <typename T, int kGroups>
__device__ __forceinline__ void product_columns(float (&d)[kGroups][4], const u32 (&a)[4], u64 b, bool adds) {
  HOPPER_SIZES(HOPPER_BY_COLUMNS)
}

#undef HOPPER_SIZES
#undef HOPPER_SIZE
#undef HOPPER_BY_COLUMNS
#undef HOPPER_BY_K
#undef HOPPER_REGISTERS
#undef HOPPER_SHARED
#undef HOPPER_PRODUCT
