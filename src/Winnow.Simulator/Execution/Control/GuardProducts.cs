using System.Numerics;
using Winnow.Gpu;

namespace Winnow.Simulator.Execution.Control;

/// <summary>What an instruction does to registers that products use.</summary>
internal enum RegisterUse
{
    /// <summary>Computes something.</summary>
    Computes,

    /// <summary>Moves one register to another.</summary>
    Moves,

    /// <summary>Puts a constant into one.</summary>
    Sets,
}

/// <summary>Looks, before another operation, whether a product that nobody waited for uses its registers.</summary>
/// <param name="inner">The operation.</param>
/// <param name="use">What it does.</param>
/// <param name="reads">The registers of products that it reads.</param>
/// <param name="writes">Those that it writes.</param>
internal sealed class GuardProducts(Operation inner, RegisterUse use, int[] reads, int[] writes) : Operation, IGathering
{
    public override void Execute(Warp warp, uint lanes)
    {
        ProductRegisters registers = warp.Frame.Products!;
        int done = warp.ProductsDone;
        foreach (int register in use == RegisterUse.Moves ? [] : reads)
        {
            if (registers.IsAccumulating(register, done))
            {
                throw Fault(warp, lanes, "reads a register that");
            }
        }

        foreach (int register in writes)
        {
            if (registers.IsUsed(register, done) && !(use == RegisterUse.Moves && registers.IsUsed(reads[0], done)))
            {
                throw Fault(warp, lanes, "writes a register that");
            }

            Note(registers, register, warp.ProductFences);
        }

        inner.Execute(warp, lanes);
    }

    /// <inheritdoc/>
    public GpuFaultException Fault(Warp warp, int lane, uint missing) => ((IGathering)inner).Fault(warp, lane, missing);

    private void Note(ProductRegisters registers, int register, int fences)
    {
        switch (use)
        {
            case RegisterUse.Moves:
                registers.Copy(reads[0], register);
                break;
            case RegisterUse.Sets:
                registers.WriteConstant(register);
                break;
            default:
                registers.Write(register, fences);
                break;
        }
    }

    private static GpuFaultException Fault(Warp warp, uint lanes, string does)
    {
        string problem = $"the instruction {does} a wgmma still uses, because no wgmma.wait_group waited for it";
        return warp.Fault(FaultKinds.MissingWait, BitOperations.TrailingZeroCount(lanes), problem);
    }
}
