namespace Winnow.Simulator.Execution.Control;

/// <summary><c>setmaxnreg</c>: changes nothing here, but what a GPU would not do is found.</summary>
/// <param name="count">Registers of each thread from here on.</param>
/// <param name="isMore">Whether they become more: <c>inc</c>.</param>
internal sealed class SetRegisterCount(int count, bool isMore) : Operation
{
    /// <summary>What counts must be multiples of.</summary>
    public const int Step = 8;

    private const int Least = 24;
    private const int Most = 256;

    public override void Execute(Warp warp, uint lanes)
    {
        if (count is < Least or > Most || count % Step != 0)
        {
            throw warp.Fault(FaultKinds.WrongRegisters, 0, $"{count} registers; a multiple of {Step} from {Least} to {Most} is needed");
        }

        int before = warp.RegisterCount;
        if (warp.RegisterChange is not null && (isMore ? count < before : count > before))
        {
            throw warp.Fault(FaultKinds.WrongRegisters, 0, $"{(isMore ? "more" : "fewer")} registers are asked for, {count}, where a thread has {before}");
        }

        (warp.RegisterCount, warp.RegisterChange) = (count, Source);
    }
}
