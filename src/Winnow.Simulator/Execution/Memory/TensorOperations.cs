using System;
using System.Numerics;
using Winnow.Gpu;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>A box of an array that a tensor map describes.</summary>
/// <param name="Map">The address of the map.</param>
/// <param name="Coordinates">The registers of where the box begins.</param>
internal sealed record TensorPlace(AddressOperand Map, int[] Coordinates)
{
    /// <summary>What shared memory of a box must be aligned to.</summary>
    public const int Alignment = 128;

    /// <summary>Reads the map for a lane.</summary>
    public unsafe TensorMap Read(Warp warp, int lane)
    {
        Map.Compute(warp);
        ulong address = warp.Addresses[lane];
        if (address % TensorMapShape.EncodedAlignment != 0)
        {
            throw warp.Fault(FaultKinds.Misaligned, lane, $"a tensor map at address 0x{address:x}, which is no multiple of {TensorMapShape.EncodedAlignment}");
        }

        warp.CheckRange(lane, address, TensorMapShape.EncodedBytes, Access.Read);
        var map = TensorMap.Read(new ReadOnlySpan<byte>((void*)address, TensorMapShape.EncodedBytes));
        return map?.Rank == Coordinates.Length
            ? map
            : throw warp.Fault(FaultKinds.InvalidOperand, lane, $"there is no tensor map of {Coordinates.Length} dimensions at address 0x{address:x}");
    }

    /// <summary>The parts of the copy of a lane, after a look whether what lies in the array may be copied.</summary>
    public unsafe CopyPiece[] Pieces(Warp warp, int lane, TensorMap map, int offset, Access access)
    {
        Span<int> coordinates = stackalloc int[Coordinates.Length];
        for (int i = 0; i < coordinates.Length; i++)
        {
            coordinates[i] = ((int*)(warp.Registers + Coordinates[i]))[lane];
        }

        // No manual says so; a device ends the kernel with CUDA_ERROR_ILLEGAL_INSTRUCTION.
        if (map.FirstByte(coordinates) % BulkSize.Step != 0)
        {
            string place = $"a box that begins at byte {map.FirstByte(coordinates)} of a row, which is no multiple of {BulkSize.Step}";
            throw warp.Fault(FaultKinds.Misaligned, lane, place);
        }

        CopyPiece[] pieces = map.Pieces(coordinates, offset);
        foreach (CopyPiece piece in pieces)
        {
            if (piece.Global != 0)
            {
                warp.CheckRange(lane, piece.Global, piece.Bytes, access);
            }
        }

        return pieces;
    }
}

/// <summary><c>cp.async.bulk.tensor</c> from global to shared memory.</summary>
internal sealed class LoadTensor(BulkDestination destination, TensorPlace source) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            TensorMap map = source.Read(warp, lane);
            BulkTarget target = destination.Find(warp, lane, map.BoxBytes, TensorPlace.Alignment);
            CopyPiece[] pieces = source.Pieces(warp, lane, map, target.Offset, Access.Read);
            warp.Block.BeginLoad(new BulkSource(Source, warp, lane), target, pieces);
        }
    }
}

/// <summary><c>cp.async.bulk.tensor</c> from shared to global memory.</summary>
internal sealed class StoreTensor(TensorPlace destination, SharedPlace source) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            TensorMap map = destination.Read(warp, lane);
            source.Compute(warp);
            int from = source.OffsetOf(warp, lane, map.BoxBytes, TensorPlace.Alignment);
            CopyPiece[] pieces = destination.Pieces(warp, lane, map, from, Access.Write);
            warp.BeginStore(new BulkStore(new BulkSource(Source, warp, lane)) { Pieces = pieces, Offset = from, Bytes = map.BoxBytes, Group = warp.StoreGroupOf(lane) });
        }
    }
}

/// <summary><c>cp.async.bulk.prefetch.tensor</c>: nothing happens, but there must be a map.</summary>
internal sealed class PrefetchTensor(TensorPlace source) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            _ = source.Read(warp, BitOperations.TrailingZeroCount(left));
        }
    }
}
