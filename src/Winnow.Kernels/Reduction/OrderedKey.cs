using System;

namespace Winnow.Kernels.Reduction;

/// <summary>Floats as whole numbers of the same order; NaN comes first, both zeros are equal.</summary>
internal static class OrderedKey
{
    /// <summary>The key of a float; 0 only for NaN.</summary>
    public static uint Of(float value)
    {
        if (float.IsNaN(value))
        {
            return 0;
        }

        uint bits = BitConverter.SingleToUInt32Bits(value == 0 ? 0f : value);
        return (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
    }
}
