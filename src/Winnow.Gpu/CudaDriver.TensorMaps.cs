using System;
using System.Runtime.InteropServices;
using Winnow.Gpu.Native;

namespace Winnow.Gpu;

/// <content>Tensor maps.</content>
public sealed unsafe partial class CudaDriver
{
    // CU_TENSOR_MAP_L2_PROMOTION_L2_128B: a miss of the second-level cache loads 128 bytes.
    private const int PromotionTo128Bytes = 2;

    /// <inheritdoc/>
    public override void EncodeTensorMap(TensorMapShape shape, Span<byte> map)
    {
        MakeCurrent();
        Encode(shape, map);
    }

    /// <summary>Encodes a tensor map with the CUDA driver, which needs no context for it.</summary>
    internal static void Encode(TensorMapShape shape, Span<byte> map)
    {
        shape.Validate();
        uint rank = (uint)shape.Dimensions.Length;
        ulong* dimensions = stackalloc ulong[(int)rank];
        ulong* strides = stackalloc ulong[(int)rank];
        uint* box = stackalloc uint[(int)rank];
        uint* steps = stackalloc uint[(int)rank];
        for (int i = 0; i < rank; i++)
        {
            (dimensions[i], box[i], steps[i]) = ((ulong)shape.Dimensions[i], (uint)shape.Box[i], 1);
            strides[i] = i + 1 < rank ? (ulong)shape.Strides[i] : 0;
        }

        byte* encoded = (byte*)NativeMemory.AlignedAlloc(TensorMapShape.EncodedBytes, TensorMapShape.EncodedAlignment);
        try
        {
            Driver.cuTensorMapEncodeTiled(
                encoded, (int)shape.Type, rank, shape.Address, dimensions, strides, box, steps, 0, (int)shape.Swizzle, PromotionTo128Bytes, 0).Check();
            new ReadOnlySpan<byte>(encoded, TensorMapShape.EncodedBytes).CopyTo(map);
        }
        finally
        {
            NativeMemory.AlignedFree(encoded);
        }
    }
}
