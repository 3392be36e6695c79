using System;
using System.Collections.Generic;
using Winnow.Gpu;

namespace Winnow.Kernels;

/// <summary>
/// Tensor maps of matrices whose rows lie one after the other. A map says where a matrix lies and how large it is and nothing else, so one that was encoded stays
/// right, and a step finds those of the step before.
/// </summary>
/// <param name="driver">The device.</param>
internal sealed class CudaTensorMaps(GpuDriver driver)
{
    // Those of a large model's weights; inputs of ever other numbers of rows would be kept for ever.
    private const int Most = 4096;

    private readonly Dictionary<Key, byte[]> _maps = [];

    /// <summary>The map of a matrix.</summary>
    /// <param name="key">The matrix.</param>
    public ReadOnlySpan<byte> this[Key key]
    {
        get
        {
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
    }

    private byte[] Encode(Key key)
    {
        int size = key.Type == TensorMapType.Float32 ? sizeof(float) : sizeof(ushort);
        byte[] map = new byte[TensorMapShape.EncodedBytes];
        TensorMapShape shape = new()
        {
            Address = key.Address,
            Type = key.Type,
            Dimensions = [key.Columns, key.Rows],
            Strides = [(long)key.Columns * size],
            Box = [key.BoxColumns, key.BoxRows],
            Swizzle = key.IsSwizzled ? TensorMapSwizzle.Bytes128 : TensorMapSwizzle.None,
        };
        driver.EncodeTensorMap(shape, map);
        return map;
    }

    /// <summary>A matrix and its boxes.</summary>
    /// <param name="Type">Of its values: two or four bytes.</param>
    /// <param name="Address">Where it begins: a multiple of 16.</param>
    /// <param name="Rows">Its rows.</param>
    /// <param name="Columns">Its columns, a multiple of 16 bytes.</param>
    /// <param name="BoxRows">Rows of a box.</param>
    /// <param name="BoxColumns">Columns of a box.</param>
    /// <param name="IsSwizzled">Whether boxes have the swizzle of 128 bytes.</param>
    public readonly record struct Key(TensorMapType Type, nint Address, int Rows, int Columns, int BoxRows, int BoxColumns, bool IsSwizzled);
}
