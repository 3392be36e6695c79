using System;
using System.Collections.Generic;
using Winnow.Gpu.Native;

namespace Winnow.Gpu;

/// <summary>
/// Where a kernel's parameters lie in a packed block, for kernels that take tensor maps. A packed block aligns a map within the block; the driver aligns it
/// within the bank of constants, where parameters need not begin on 64 bytes (at 0x210 on compute capability 9.0), so such a block
/// cannot be handed over as it is.
/// </summary>
internal sealed unsafe class ParameterLayout
{
    private readonly int _driverBytes;
    private readonly int _packedBytes;
    private readonly int[] _places;

    private ParameterLayout(int driverBytes, int packedBytes, int[] places) =>
        (_driverBytes, _packedBytes, _places) = (driverBytes, packedBytes, places);

    /// <summary>Asks the driver for the parameters of a kernel.</summary>
    /// <param name="function">The kernel.</param>
    /// <param name="blockBytes">The size of a packed block of all of them: asking for one too many would be an error of its own.</param>
    /// <returns>
    /// Null where a packed block is always what the driver wants: without maps, or where the driver is older than 12.4 and does not say; of cubins it is known there already.
    /// </returns>
    public static ParameterLayout? Read(nint function, int blockBytes)
    {
        // Another binding may have found the driver where ours does not.
        if (!CudaLibrary.Probe().IsUsable)
        {
            return null;
        }

        List<(int Offset, int Bytes)> parameters = [];
        ParameterLayout? layout = null;
        try
        {
            nuint offset = 0;
            nuint bytes = 0;
            while ((layout?._packedBytes ?? (int)(offset + bytes)) < blockBytes
                && Driver.cuFuncGetParamInfo(function, (nuint)parameters.Count, &offset, &bytes) == CudaResult.Success)
            {
                parameters.Add(((int)offset, (int)bytes));
                layout = Of(parameters);
            }
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }

        return layout;
    }

    /// <summary>The layout of known parameters; null where none can hold maps.</summary>
    internal static ParameterLayout? Of(IReadOnlyList<(int Offset, int Bytes)> parameters)
    {
        int[] places = new int[parameters.Count];
        int packed = 0;
        int end = 0;
        bool hasMaps = false;
        for (int i = 0; i < places.Length; i++)
        {
            (int offset, int bytes) = parameters[i];
            bool isMap = bytes % TensorMapShape.EncodedBytes == 0;
            hasMaps |= isMap;

            // Other parameters are aligned to 16 bytes at most, which both layouts agree on.
            places[i] = isMap ? (packed + TensorMapShape.EncodedAlignment - 1) & -TensorMapShape.EncodedAlignment : packed + offset - end;
            packed = places[i] + bytes;
            end = offset + bytes;
        }

        return hasMaps ? new ParameterLayout(end, packed, places) : null;
    }

    /// <summary>Where each parameter begins in a packed block.</summary>
    /// <param name="blockBytes">The block's size.</param>
    /// <returns>Nothing where the driver can take the block as it is.</returns>
    public ReadOnlySpan<int> PlacesIn(int blockBytes) => blockBytes == _packedBytes && blockBytes != _driverBytes ? _places : [];
}
