namespace Winnow.Models;

/// <summary>How rotary frequencies are stretched past the trained context.</summary>
public enum RopeScaling
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>All frequencies divided by one factor.</summary>
    Linear,

    /// <summary>Llama 3.1: low frequencies divided, high ones kept, a ramp between.</summary>
    Llama3,

    /// <summary>Peng et al. 2023, arXiv:2309.00071: a ramp by rotations over the trained context, and an attention factor.</summary>
    Yarn,

    /// <summary>Ding et al. 2024, arXiv:2402.13753: a divisor of its own for each frequency, and an attention factor.</summary>
    LongRope,

    /// <summary>A divisor of its own for each frequency, as the model file gives it.</summary>
    Divisors,
}
