using System;
using System.Collections.Generic;
using Winnow.Gpu;

namespace Winnow.Kernels.Linear;

/// <summary>
/// Tensor maps of matrices of 16-bit values: boxes of 64 columns with the swizzle of 128 bytes. A map says where a matrix lies and how large it is and nothing
/// else, so one that was encoded stays right, and a step finds those of the step before.
/// </summary>
/// <param name="driver">The device.</param>
internal sealed class CudaLinearMaps(GpuDriver driver)
{
    private const int BoxColumns = 64;

    // Those of a large model's weights; inputs of ever other numbers of rows would be kept for ever.
    private const int Most = 4096;

    private readonly Dictionary<Key, byte[]> _maps = [];

    /// <summary>The map of a matrix whose rows lie one after the other.</summary>
    /// <param name="type">F16 or BF16.</param>
    /// <param name="address">Where it begins: a multiple of 16.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns: a multiple of 8.</param>
    /// <param name="boxRows">Rows of a box.</param>
    public ReadOnlySpan<byte> Of(DType type, nint address, int rows, int columns, int boxRows)
    {
        Key key = new(type, address, rows, columns, boxRows);
        if (!_maps.TryGetValue(key, out byte[]? map))
        {
            if (_maps.Count == Most)
            {
                _maps.Clear();
            }

            map = Encode(key);
            _maps.Add(key, map);
        }

        return map;
    }

    private byte[] Encode(Key key)
    {
        byte[] map = new byte[TensorMapShape.EncodedBytes];
        TensorMapShape shape = new()
        {
            Address = key.Address,
            Type = key.Type == DType.F16 ? TensorMapType.Float16 : TensorMapType.BFloat16,
            Dimensions = [key.Columns, key.Rows],
            Strides = [(long)key.Columns * sizeof(ushort)],
            Box = [BoxColumns, key.BoxRows],
            Swizzle = TensorMapSwizzle.Bytes128,
        };
        driver.EncodeTensorMap(shape, map);
        return map;
    }

    private readonly record struct Key(DType Type, nint Address, int Rows, int Columns, int BoxRows);
}
