namespace Winnow.Simulator.Execution.Memory;

/// <summary>Reads one or several values for each lane.</summary>
internal sealed unsafe class Load<TSpace, TCell>(AddressOperand address, Access access, int[] destinations) : Operation
    where TSpace : struct, ISpace
    where TCell : struct, ICell
{
    public override void Execute(Warp warp, uint lanes)
    {
        address.Compute(warp);
        TSpace.Resolve(warp, lanes, TCell.Bytes * destinations.Length, access);
        if (destinations.Length == 1 && warp.IsSequence)
        {
            TCell.ReadSequence((byte*)warp.Addresses[0], warp.Registers + destinations[0]);
            return;
        }

        for (int i = 0; i < destinations.Length; i++)
        {
            TCell.Read(warp.Addresses, i * TCell.Bytes, warp.Registers + destinations[i], lanes);
        }
    }
}

/// <summary>Writes one or several values for each lane. Of lanes that write to the same place the highest one wins.</summary>
internal sealed unsafe class Store<TSpace, TCell>(AddressOperand address, Access access, int[] sources) : Operation
    where TSpace : struct, ISpace
    where TCell : struct, ICell
{
    public override void Execute(Warp warp, uint lanes)
    {
        address.Compute(warp);
        TSpace.Resolve(warp, lanes, TCell.Bytes * sources.Length, access);
        if (sources.Length == 1 && warp.IsSequence)
        {
            TCell.WriteSequence((byte*)warp.Addresses[0], warp.Registers + sources[0]);
            return;
        }

        for (int i = 0; i < sources.Length; i++)
        {
            TCell.Write(warp.Addresses, i * TCell.Bytes, warp.Registers + sources[i], lanes);
        }
    }
}

/// <summary>Reads a kernel's parameter: the same for all lanes.</summary>
internal sealed unsafe class LoadArgument<TCell>(int offset, int[] destinations) : Operation
    where TCell : struct, ICell
{
    public override void Execute(Warp warp, uint lanes)
    {
        ulong* pointers = warp.Addresses;
        for (int lane = 0; lane < Warp.Lanes; lane++)
        {
            pointers[lane] = (ulong)(warp.Block.Launch.Arguments + offset);
        }

        for (int i = 0; i < destinations.Length; i++)
        {
            TCell.Read(pointers, i * TCell.Bytes, warp.Registers + destinations[i], lanes);
        }
    }
}

/// <summary>The address of a kernel's parameter, or of something in the local memory of the present call.</summary>
internal sealed unsafe class LoadAddress(bool isArgument, long offset, int destination, bool isWide) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        ulong address = (ulong)(offset + (isArgument ? warp.Block.Launch.Arguments : warp.Frame.LocalBase));
        for (int lane = 0; lane < Warp.Lanes; lane++)
        {
            if ((lanes >> lane & 1) == 0)
            {
                continue;
            }

            if (isWide)
            {
                ((ulong*)(warp.Registers + destination))[lane] = address;
            }
            else
            {
                ((uint*)(warp.Registers + destination))[lane] = (uint)address;
            }
        }
    }
}
