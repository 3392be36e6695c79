using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Tests.Faults;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>Bulk copies of boxes: where each element comes from and goes to, in one to five dimensions, and what is beyond the array.</summary>
public sealed class TensorCopyTests
{
    private const string Head = HopperCode.Mbarriers + HopperCode.Copies + HopperCode.Tensors;

    private const string Load = Head + """
        extern "C" __global__ void test(int* out, const __grid_constant__ Map map, int x, int y, int words) {
          extern __shared__ __align__(1024) int tile[];
          __shared__ u64 bar;
          if (threadIdx.x == 0) {
            MBAR_INIT(&bar, 1);
            FENCE_INIT();
            MBAR_EXPECT(&bar, words * 4);
            TENSOR_LOAD(tile, map, x, y, &bar);
          }
          __syncthreads();
          MBAR_WAIT(&bar, 0);
          for (int i = threadIdx.x; i < words; i += 64) out[i] = tile[i];
        }
        """;

    private static PtxSimulatorOptions Options(int seed = 1) => new() { Architecture = HopperCode.Architecture, Seed = seed };

    /// <summary>An array of 40 rows of 64 numbers of 32 bits, of which each is its place.</summary>
    private static TensorMapShape Shape(nint address, int[] box, TensorMapSwizzle swizzle = TensorMapSwizzle.None, int columns = 64) => new()
    {
        Address = address,
        Type = TensorMapType.Int32,
        Dimensions = [columns, 40],
        Strides = [64 * sizeof(int)],
        Box = box,
        Swizzle = swizzle,
    };

    private static int[] Places(int count) => [.. Enumerable.Range(1, count)];

    private static int[] RunLoad(int[] box, TensorMapSwizzle swizzle, int x, int y, int columns = 64, int seed = 1)
    {
        using SimulatedKernel test = new(Load, Options(seed));
        int words = box[0] * box[1];
        nint result = test.Buffer(words * sizeof(int));
        byte[] map = test.Map(Shape(test.Buffer<int>(Places(40 * 64)), box, swizzle, columns));
        test.Launch(LaunchShape.Linear(1, 64, words * sizeof(int)), result, map, x, y, words);
        return test.Read<int>(result, words);
    }

    private static int Expected(int x, int y, int columns) => x >= 0 && x < columns && y is >= 0 and < 40 ? (y * 64) + x + 1 : 0;

    [TestCase(0, 0, 64)]
    [TestCase(-4, -2, 64)]
    [TestCase(56, 35, 64)]
    [TestCase(60, 3, 61)]
    [TestCase(-40, 10, 64)]
    [TestCase(72, 50, 64)]
    public void Launch_OfLoadFillsWhatIsBeyondTheArrayWithZeros(int x, int y, int columns)
    {
        int[] found = RunLoad([12, 9], TensorMapSwizzle.None, x, y, columns, seed: 3);

        Assert.That(found, Is.EqualTo(Enumerable.Range(0, 12 * 9).Select(i => Expected(x + (i % 12), y + (i / 12), columns))));
    }

    [TestCase(TensorMapSwizzle.Bytes32, 8)]
    [TestCase(TensorMapSwizzle.Bytes64, 16)]
    [TestCase(TensorMapSwizzle.Bytes128, 32)]
    public void Launch_OfSwizzledLoadExchangesPiecesOf16BytesByRow(TensorMapSwizzle swizzle, int columns)
    {
        int[] found = RunLoad([columns, 24], swizzle, 32, 5);

        // From "Tensor Memory Access: swizzling modes": piece and row of the pattern are combined with exclusive or.
        int pieces = columns / 4;
        for (int i = 0; i < found.Length; i++)
        {
            (int line, int inLine) = (i / 32, i % 32);
            int piece = (inLine / 4) ^ (line % 8 % pieces);
            int place = (line * 32) + (piece * 4) + (inLine % 4);
            Assert.That(found[i], Is.EqualTo(Expected(32 + (place % columns), 5 + (place / columns), 64)), $"word {i}");
        }
    }

    [Test]
    public void Launch_OfStoreLeavesWhatIsBeyondTheArrayAlone()
    {
        const string kernel = Head + """
            extern "C" __global__ void test(int* out, const __grid_constant__ Map map) {
              __shared__ __align__(128) int tile[8 * 5];
              if (threadIdx.x < 40) tile[threadIdx.x] = 1000 + threadIdx.x;
              FENCE_ASYNC();
              __syncthreads();
              if (threadIdx.x == 0) { TENSOR_STORE(map, 60, 38, tile); BULK_COMMIT(); BULK_WAIT(0); }
            }
            """;
        using SimulatedKernel test = new(kernel, Options());
        nint array = test.Buffer<int>(new int[41 * 64]);
        test.Launch(LaunchShape.Linear(1, 64), array, test.Map(Shape(array, [8, 5])));

        int[] expected = new int[41 * 64];
        foreach ((int x, int y) in new[] { 0, 1, 2, 3 }.SelectMany(x => new[] { (x, 0), (x, 1) }))
        {
            expected[((38 + y) * 64) + 60 + x] = 1000 + (y * 8) + x;
        }

        Assert.That(test.Read<int>(array, 41 * 64), Is.EqualTo(expected));
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(4)]
    [TestCase(5)]
    public void Launch_OfLoadOfManyDimensionsTakesTheBox(int rank)
    {
        long[] dimensions = [.. new long[] { 12, 5, 4, 3, 4 }.Take(rank)];
        int[] box = [.. new[] { 8, 3, 2, 2, 3 }.Take(rank)];
        int[] begin = [.. new[] { 8, 1, 3, -1, 2 }.Take(rank)];
        string coordinates = string.Join(", ", Enumerable.Range(0, rank).Select(i => $"%{i + 2}"));
        string values = string.Join(", ", begin.Select(value => $"\"r\"({value})"));
        string kernel = Head + $$"""
            extern "C" __global__ void test(int* out, const __grid_constant__ Map map, int words) {
              __shared__ __align__(128) int tile[512];
              __shared__ u64 bar;
              if (threadIdx.x == 0) {
                MBAR_INIT(&bar, 1);
                FENCE_INIT();
                MBAR_EXPECT(&bar, words * 4);
                asm volatile("cp.async.bulk.tensor.{{rank}}d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {{{coordinates}}}], [%{{rank + 2}}];"
                  :: "r"(SH(tile)), "l"(&map), {{values}}, "r"(SH(&bar)) : "memory");
                MBAR_WAIT(&bar, 0);
                for (int i = 0; i < words; i++) out[i] = tile[i];
              }
            }
            """.Replace("{{{", "{", StringComparison.Ordinal);
        using SimulatedKernel test = new(kernel, Options());
        int words = box.Aggregate((x, y) => x * y);
        nint result = test.Buffer(words * sizeof(int));
        long[] strides = [.. Enumerable.Range(1, rank - 1).Select(i => dimensions.Take(i).Aggregate((x, y) => x * y) * sizeof(int))];
        nint array = test.Buffer<int>(Places((int)dimensions.Aggregate((x, y) => x * y)));
        test.Launch(
            LaunchShape.Linear(1, 32),
            result,
            test.Map(new TensorMapShape { Address = array, Type = TensorMapType.Int32, Dimensions = dimensions, Strides = strides, Box = box }),
            words);

        Assert.That(test.Read<int>(result, words), Is.EqualTo(Enumerable.Range(0, words).Select(i => ExpectedAt(dimensions, box, begin, i))));
    }

    [Test]
    public void Launch_OfPrefetchesChangesNothing()
    {
        const string kernel = Head + """
            extern "C" __global__ void test(int* out, const __grid_constant__ Map map) {
              if (threadIdx.x == 0) {
                asm volatile("prefetch.tensormap [%0];" :: "l"(&map) : "memory");
                asm volatile("cp.async.bulk.prefetch.tensor.2d.L2.global.tile [%0, {%1, %2}];" :: "l"(&map), "r"(0), "r"(1) : "memory");
                asm volatile("cp.async.bulk.prefetch.L2.global [%0], %1;" :: "l"(out), "r"(64) : "memory");
              }
              out[threadIdx.x] += 1;
            }
            """;
        using SimulatedKernel test = new(kernel, Options());
        nint array = test.Buffer<int>(Places(40 * 64));
        test.Launch(LaunchShape.Linear(1, 32), array, test.Map(Shape(array, [8, 5])));

        Assert.That(test.Read<int>(array, 32), Is.EqualTo(Enumerable.Range(2, 32)));
    }

    [Test]
    public void Launch_WithoutATensorMapIsAFault()
    {
        using SimulatedKernel test = new(Load, Options());
        nint result = test.Buffer(64);

        GpuFaultException found = Assert.Throws<GpuFaultException>(() => test.Launch(LaunchShape.Linear(1, 64, 64), result, new byte[128], 0, 0, 16))!;
        Assert.That(found.Kind, Is.EqualTo("invalid-operand"));
        Assert.That(found.Message, Does.Contain("no tensor map of 2 dimensions"));
    }

    [Test]
    public void Launch_OfBoxOfUnwrittenMemoryIsAFault()
    {
        using SimulatedKernel test = new(Load, Options());
        nint result = test.Buffer(64);
        byte[] map = test.Map(Shape(test.Buffer(40 * 64 * sizeof(int)), [16, 1]));

        GpuFaultException found = Assert.Throws<GpuFaultException>(() => test.Launch(LaunchShape.Linear(1, 64, 64), result, map, 0, 0, 16))!;
        Assert.That(found.Kind, Is.EqualTo("uninitialized"));
    }

    // What an H200 says of such a box: CUDA_ERROR_ILLEGAL_INSTRUCTION.
    [TestCase(-3, -12)]
    [TestCase(2, 8)]
    [TestCase(70, 280)]
    public void Launch_OfBoxThatBeginsBetweenSixteensIsAFault(int x, int first)
    {
        GpuFaultException found = Assert.Throws<GpuFaultException>(() => RunLoad([16, 1], TensorMapSwizzle.None, x, 0))!;

        Assert.That(found.Kind, Is.EqualTo("misaligned"));
        Assert.That(found.Message, Does.Contain($"begins at byte {first} of a row"));
    }

    [Test]
    public void Launch_OfStoreBetweenSixteensIsAFault()
    {
        const string kernel = Head + """
            extern "C" __global__ void test(const __grid_constant__ Map map) {
              __shared__ __align__(128) int tile[8];
              tile[threadIdx.x] = 0;
              FENCE_ASYNC();
              __syncthreads();
              if (threadIdx.x == 0) { TENSOR_STORE(map, 6, 0, tile); BULK_COMMIT(); BULK_WAIT(0); }
            }
            """;
        using SimulatedKernel test = new(kernel, Options());
        byte[] map = test.Map(Shape(test.Buffer(40 * 64 * sizeof(int)), [8, 1]));

        Assert.That(Assert.Throws<GpuFaultException>(() => test.Launch(LaunchShape.Linear(1, 8), map))!.Kind, Is.EqualTo("misaligned"));
    }

    [Test]
    public void EncodeTensorMap_OnAmpereIsNotSupported()
    {
        using PtxSimulator driver = new();

        Assert.That(() => driver.EncodeTensorMap(Shape(256, [16, 1]), new byte[128]), Throws.InstanceOf<NotSupportedException>());
    }

    [Test]
    public void EncodeTensorMap_OfImpossibleShapeThrows()
    {
        using PtxSimulator driver = new(Options());

        Assert.That(() => driver.EncodeTensorMap(Shape(256, [3, 1]), new byte[128]), Throws.ArgumentException);
    }

    private static int ExpectedAt(long[] dimensions, int[] box, int[] begin, int index)
    {
        (long place, long stride) = (0, 1);
        for (int i = 0; i < box.Length; i++)
        {
            int at = begin[i] + (index % box[i]);
            index /= box[i];
            if (at < 0 || at >= dimensions[i])
            {
                return 0;
            }

            (place, stride) = (place + (at * stride), stride * dimensions[i]);
        }

        return (int)place + 1;
    }
}
