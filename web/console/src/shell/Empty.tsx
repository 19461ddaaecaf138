import { Center, Stack, Text, ThemeIcon, Title } from '@mantine/core'
import type { ReactNode } from 'react'

type Props = { icon: ReactNode; title: string; text: string; children?: ReactNode }

/** Says that there is nothing, why, and what to do about it. */
export function Empty({ icon, title, text, children }: Props) {
  return (
    <Center py={72} px="md">
      <Stack align="center" gap="xs" maw={420}>
        <ThemeIcon size={52} radius="xl" variant="light">
          {icon}
        </ThemeIcon>
        <Title order={2} ta="center" mt="xs">
          {title}
        </Title>
        <Text className="quiet" ta="center" size="sm">
          {text}
        </Text>
        {children}
      </Stack>
    </Center>
  )
}
