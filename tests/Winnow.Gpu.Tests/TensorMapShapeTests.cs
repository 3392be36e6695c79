using System;
using NUnit.Framework;

namespace Winnow.Gpu;

/// <summary>Which arrays and boxes a tensor map can describe, and how one gets to a kernel.</summary>
public sealed class TensorMapShapeTests
{
    private static TensorMapShape Shape => new()
    {
        Address = 4096,
        Type = TensorMapType.BFloat16,
        Dimensions = [448, 128, 3],
        Strides = [896, 114_688],
        Box = [64, 32, 1],
        Swizzle = TensorMapSwizzle.Bytes128,
    };

    [Test]
    public void Validate_OfPossibleShapeDoesNothing() => Assert.That(Shape.Validate, Throws.Nothing);

    [Test]
    public void BoxBytes_AreThoseOfAllElements() => Assert.That(Shape.BoxBytes, Is.EqualTo(4096));

    [Test]
    public void Validate_OfImpossibleShapeSaysWhy()
    {
        Assert.Multiple(() =>
        {
            AssertRefused(Shape with { Dimensions = [] }, "0 dimensions");
            AssertRefused(Shape with { Dimensions = [1, 1, 1, 1, 1, 1] }, "6 dimensions");
            AssertRefused(Shape with { Strides = [896] }, "2 strides");
            AssertRefused(Shape with { Box = [64] }, "3 counts of a box");
            AssertRefused(Shape with { Address = 4104 }, "0x1008");
            AssertRefused(Shape with { Dimensions = [448, 0, 3] }, "no elements");
            AssertRefused(Shape with { Strides = [898, 114_688] }, "a stride");
            AssertRefused(Shape with { Strides = [896, 0] }, "a stride");
            AssertRefused(Shape with { Box = [64, 257, 1] }, "1 to 256");
            AssertRefused(Shape with { Box = [60, 32, 1], Swizzle = TensorMapSwizzle.None }, "120 bytes");
            AssertRefused(Shape with { Box = [32, 32, 1] }, "the swizzle needs 128");
        });
    }

    [Test]
    public void AddMap_AlignsToWhatKernelsTake()
    {
        ArgumentBlock block = new(new byte[256]);
        block.Add(7);
        block.AddMap(new byte[128]);

        Assert.That(block.Bytes.Length, Is.EqualTo(64 + 128));
    }

    [Test]
    public void AddMap_OfOtherSizeThrows()
        => Assert.That(() => new ArgumentBlock(new byte[256]).AddMap(new byte[64]), Throws.InstanceOf<ArgumentOutOfRangeException>());

    private static void AssertRefused(TensorMapShape shape, string reason)
        => Assert.That(shape.Validate, Throws.ArgumentException.With.Message.Contains(reason));
}
