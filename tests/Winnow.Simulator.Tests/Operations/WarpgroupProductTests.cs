using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Tests.Execution;

namespace Winnow.Simulator.Tests.Operations;

/// <summary><c>wgmma</c> against a product in double: every layout of factors in shared memory, factors in registers, and every type.</summary>
public sealed class WarpgroupProductTests
{
    private const int Alignment = 1024;

    private static IEnumerable<TestCaseData> Cases()
    {
        foreach (int swizzle in new[] { 0, 32, 64, 128 })
        {
            yield return Case(new ProductCase("bf16", 64, swizzle, false, false, false, false));
            yield return Case(new ProductCase("f16", 128, swizzle, true, true, false, false));
            yield return Case(new ProductCase("bf16", 192, swizzle, false, true, true, false));
            yield return Case(new ProductCase("tf32", 64, swizzle, false, false, false, false));
        }

        foreach (string type in new[] { "e4m3", "e5m2", "e4m3.e5m2", "e5m2.e4m3", "s8", "u8", "s8.u8", "u8.s8" })
        {
            yield return Case(new ProductCase(type, 64, 128, false, false, false, false));
            yield return Case(new ProductCase(type, 16, 32, false, false, true, false));
        }

        yield return Case(new ProductCase("e4m3", 24, 0, false, false, false, true));
        yield return Case(new ProductCase("e5m2", 256, 64, false, false, true, true));
        yield return Case(new ProductCase("s8", 256, 0, false, false, false, false));
        yield return Case(new ProductCase("bf16", 8, 128, true, false, false, false));
        yield return Case(new ProductCase("f16", 256, 128, false, true, false, false));
        yield return Case(new ProductCase("f16", 64, 128, false, false, false, true));
        yield return Case(new ProductCase("f16", 24, 64, false, false, true, true));
        yield return Case(new ProductCase("tf32", 16, 32, false, false, true, false));
    }

    private static TestCaseData Case(ProductCase product) => new TestCaseData(product).SetArgDisplayNames(product.ToString());

    [TestCaseSource(nameof(Cases))]
    public void Launch_OfSmallNumbersGivesExactProduct(object data)
    {
        var product = (ProductCase)data;
        Random random = new(7);
        (int leastA, int leastB) = (product.TypeOfA == "u8" ? 0 : -3, product.TypeOfB == "u8" ? 0 : -3);
        float[] a = [.. Enumerable.Range(0, ProductCase.M * product.K).Select(_ => (float)random.Next(leastA, 4))];
        float[] b = [.. Enumerable.Range(0, product.N * product.K).Select(_ => (float)random.Next(leastB, 4))];

        float[] found = Run(product, a, b, seed: 1);

        Assert.That(found, Is.EqualTo(Reference(product, a, b).Select(sum => (float)sum)));
    }

    [TestCase("-1, 1", -1)]
    [TestCase("1, -1", -1)]
    [TestCase("-1, -1", 1)]
    public void Launch_OfNegatedFactorSubtracts(string signs, int expected)
    {
        ProductCase product = new("bf16", 16, 64, false, false, false, false);
        Random random = new(17);
        float[] a = [.. Enumerable.Range(0, ProductCase.M * product.K).Select(_ => (float)random.Next(-3, 4))];
        float[] b = [.. Enumerable.Range(0, product.N * product.K).Select(_ => (float)random.Next(-3, 4))];
        using SimulatedKernel test = new(product.Kernel().Replace("p, 1, 1", $"p, {signs}", StringComparison.Ordinal), Options(1));

        Assert.That(Launch(test, product, a, b), Is.EqualTo(Reference(product, a, b).Select(sum => (float)sum * expected)));
    }

    [TestCase("bf16")]
    [TestCase("f16")]
    [TestCase("tf32")]
    [TestCase("e4m3")]
    [TestCase("e5m2")]
    public void Launch_OfRandomNumbersIsAsExactAsItsSums(string type)
    {
        ProductCase product = new(type, 64, 128, false, false, false, false);
        Random random = new(11);
        float[] a = [.. Enumerable.Range(0, ProductCase.M * product.K).Select(_ => Round(type, (float)random.NextDouble() - 0.5f))];
        float[] b = [.. Enumerable.Range(0, product.N * product.K).Select(_ => Round(type, (float)random.NextDouble() - 0.5f))];

        float[] found = Run(product, a, b, seed: 2);

        double[] expected = Reference(product, a, b);
        double[] sizes = Reference(product, [.. a.Select(Math.Abs)], [.. b.Select(Math.Abs)]);
        for (int i = 0; i < found.Length; i++)
        {
            // Each step cuts its sum to 24 bits, which is off by less than the last of them.
            double bound = product.K / product.Step * Math.ScaleB(sizes[i], -23);
            Assert.That(Math.Abs(found[i] - expected[i]), Is.LessThanOrEqualTo(bound), $"element {i}");
        }
    }

    [Test]
    public void Launch_OfProductDoesNotDependOnOrderOfWarps()
    {
        ProductCase product = new("bf16", 64, 128, false, false, false, false);
        Random random = new(3);
        float[] a = [.. Enumerable.Range(0, ProductCase.M * product.K).Select(_ => Round("bf16", (float)random.NextDouble()))];
        float[] b = [.. Enumerable.Range(0, product.N * product.K).Select(_ => Round("bf16", (float)random.NextDouble()))];
        float[] first = Run(product, a, b, seed: 1);

        for (int seed = 2; seed <= 6; seed++)
        {
            Assert.That(Run(product, a, b, seed), Is.EqualTo(first), $"seed {seed}");
        }
    }

    [Test]
    public void TakeProfiles_OfProductCountsItsOperationsOnce()
    {
        ProductCase product = new("bf16", 64, 128, false, false, false, false);
        using SimulatedKernel test = new(product.Kernel(), Options(1) with { Profiles = true });
        Launch(test, product, new float[ProductCase.M * product.K], new float[product.N * product.K]);

        Assert.That(test.Driver.TakeProfiles()[0].TensorFlops, Is.EqualTo(2L * ProductCase.M * product.N * product.K));
    }

    private static PtxSimulatorOptions Options(int seed) => new() { Architecture = "compute_90a", Seed = seed };

    private static float[] Run(ProductCase product, float[] a, float[] b, int seed)
    {
        using SimulatedKernel test = new(product.Kernel(), Options(seed));
        return Launch(test, product, a, b);
    }

    private static float[] Launch(SimulatedKernel test, ProductCase product, float[] a, float[] b)
    {
        int aBytes = (ProductCase.M * 128 + Alignment - 1) & -Alignment;
        byte[] image = new byte[aBytes + (((product.N * 128) + Alignment - 1) & -Alignment)];
        Fill(product, product.TypeOfA, image.AsSpan(0, aBytes), a, ProductCase.M, product.TransposesA);
        Fill(product, product.TypeOfB, image.AsSpan(aBytes), b, product.N, product.TransposesB);
        List<ulong> descriptors = [];
        for (int k = 0; k < product.K; k += product.Step)
        {
            descriptors.Add(product.DescriptorOf(0, k, ProductCase.M, product.TransposesA));
            descriptors.Add(product.DescriptorOf(aBytes, k, product.N, product.TransposesB));
        }

        nint result = test.Buffer(ProductCase.M * product.N * sizeof(float));
        test.Driver.AllowSharedBytes(test.Function, image.Length);
        test.Launch(
            LaunchShape.Linear(1, 128, image.Length),
            result,
            test.Buffer<byte>(image),
            image.Length / sizeof(int),
            test.Buffer<ulong>([.. descriptors]),
            test.Buffer<uint>(Fragments(product, a)));
        return test.Read<float>(result, ProductCase.M * product.N);
    }

    private static void Fill(ProductCase product, string type, Span<byte> image, float[] values, int rows, bool transposes)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int k = 0; k < product.K; k++)
            {
                Write(type, image[product.PlaceOf(row, k, rows, transposes)..], values[(row * product.K) + k]);
            }
        }
    }

    /// <summary>The registers of the first factor: four a step, each of 128 threads.</summary>
    private static uint[] Fragments(ProductCase product, float[] a)
    {
        uint[] fragments = new uint[product.K / product.Step * 4 * 128];
        int each = 4 / product.Size;
        for (int i = 0; i < fragments.Length; i++)
        {
            (int thread, int register, int step) = (i % 128, i / 128 % 4, i / 512);
            int row = (thread / 32 * 16) + (thread % 32 / 4) + (register % 2 * 8);
            int k = (step * product.Step) + (register / 2 * 4 * each) + (thread % 4 * each);
            Span<byte> bytes = MemoryMarshal.AsBytes(fragments.AsSpan(i, 1));
            for (int j = 0; j < each; j++)
            {
                Write(product.TypeOfA, bytes[(j * product.Size)..], a[(row * product.K) + k + j]);
            }
        }

        return fragments;
    }

    private static void Write(string type, Span<byte> to, float value)
    {
        switch (type)
        {
            case "bf16":
                MemoryMarshal.Write(to, (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
                break;
            case "f16":
                MemoryMarshal.Write(to, (Half)value);
                break;
            case "e4m3":
                to[0] = ToByte(value, fractionBits: 3, bias: 7);
                break;
            case "e5m2":
                to[0] = ToByte(value, fractionBits: 2, bias: 15);
                break;
            case "s8" or "u8":
                to[0] = (byte)(int)value;
                break;
            default:
                MemoryMarshal.Write(to, value);
                break;
        }
    }

    /// <summary>A float of 8 bits that has the value exactly, which is a normal number or 0.</summary>
    private static byte ToByte(float value, int fractionBits, int bias)
    {
        if (value == 0)
        {
            return 0;
        }

        int exponent = Math.ILogB(value);
        int fraction = (int)Math.ScaleB(Math.Abs(value), fractionBits - exponent) - (1 << fractionBits);
        return (byte)((value < 0 ? 0x80 : 0) | ((exponent + bias) << fractionBits) | fraction);
    }

    private static float Round(string type, float value) => type switch
    {
        "e4m3" or "e5m2" when Math.Abs(value) < 1 / 64f => 0,
        "e4m3" => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFF00000),
        "e5m2" => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFE00000),
        "f16" => (float)(Half)value,
        "bf16" => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000),
        _ => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFFE000),
    };

    private static double[] Reference(ProductCase product, float[] a, float[] b)
    {
        double[] sums = new double[ProductCase.M * product.N];
        for (int i = 0; i < sums.Length; i++)
        {
            for (int k = 0; k < product.K; k++)
            {
                sums[i] += (double)a[(i / product.N * product.K) + k] * b[(i % product.N * product.K) + k];
            }
        }

        return sums;
    }
}
