import { Alert, Box, Button, Group, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { SubmitEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Code, codeOf } from '../api/error'
import { LanguageSwitch } from '../shell/LanguageSwitch'
import { Logo } from '../shell/Logo'
import { useProblemText } from '../shell/problem'
import { usePageTitle } from '../shell/title'
import { safeTarget, signIn } from './session'
import classes from './SignInPage.module.css'

function useSignIn() {
  const router = useRouter()
  const { to } = useSearch({ from: '/sign-in' })
  return useMutation({
    mutationFn: ({ email, password }: { email: string; password: string }) => signIn(email, password),
    onSuccess: () => router.history.push(safeTarget(to)),
  })
}

export function SignInPage() {
  const { t } = useTranslation()
  const { expired } = useSearch({ from: '/sign-in' })
  usePageTitle(t('auth.title'))
  const queryClient = useQueryClient()
  // Whatever was seen before may belong to somebody else.
  useEffect(() => queryClient.clear(), [queryClient])
  return (
    <main className={classes['page']}>
      <Box className={classes['column']}>
        <Group gap="sm" mb="xl" justify="center">
          <Logo size={36} />
          <Text fw={650} fz={22}>
            {t('app.name')}
          </Text>
        </Group>
        <Paper className="card" p={{ base: 'lg', xs: 'xl' }}>
          <Stack gap={4} mb="lg">
            <Title order={1}>{t('auth.title')}</Title>
            <Text className="quiet" size="sm">
              {expired === undefined ? t('auth.subtitle') : t('auth.expired')}
            </Text>
          </Stack>
          <SignInForm />
        </Paper>
        <Group justify="center" mt="lg">
          <LanguageSwitch />
        </Group>
      </Box>
    </main>
  )
}

function SignInForm() {
  const { t } = useTranslation()
  const { ofError } = useProblemText()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [missing, setMissing] = useState(false)
  const mutation = useSignIn()

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const empty = email.trim() === '' || password === ''
    setMissing(empty)
    if (!empty) mutation.mutate({ email: email.trim(), password })
  }
  const refused = codeOf(mutation.error) === Code.unauthenticated
  const problem = missing
    ? t('auth.missing')
    : mutation.error && (refused ? t('auth.refused') : ofError(mutation.error))

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {problem && (
          <Alert color="red" variant="light" role="alert" py="xs">
            {problem}
          </Alert>
        )}
        <TextInput
          label={t('auth.email')}
          type="email"
          name="email"
          autoComplete="username"
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label={t('auth.password')}
          name="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" fullWidth mt="xs" loading={mutation.isPending}>
          {t('auth.submit')}
        </Button>
      </Stack>
    </form>
  )
}
